import { expect } from 'vitest';
import {
  decryptMessage,
  deserializeState,
  encryptMessage,
  MAX_OLD_TURNS,
  MAX_SEEN,
  MAX_SKIPPED,
  MAX_SKIPPED_PER_CHAIN,
  type RandomSource,
  type RatchetState,
  retire,
  serializeState,
  wipeState,
} from '../../src/index.ts';
import { bodyOf, NOW, textOf } from '../support/chat.ts';
import { seededRandom } from '../support/random.ts';
import { openSession } from './session-pair.ts';
import { untouched } from './untouched.ts';

/**
 * A device as the client runs it: it commits what each step gives and retires the state before, so that a secret which
 * is wiped too early shows. Each step is also held to leave its input as it was.
 */
export class Device {
  #state: RatchetState;
  readonly #random: RandomSource;

  constructor(state: RatchetState, random: RandomSource) {
    this.#state = state;
    this.#random = random;
  }

  get state(): RatchetState {
    return this.#state;
  }

  send(text: string, sizeClass: 'standard' | 'large' = 'standard'): Uint8Array {
    const { envelope, state } = untouched(this.#state, () =>
      encryptMessage(this.#state, sizeClass, bodyOf(text, sizeClass), this.#random),
    );
    this.#commit(state);
    return envelope;
  }

  /** `count` envelopes that say `${text}0`, `${text}1` and so on. */
  sendMany(count: number, text = 'm'): Uint8Array[] {
    return Array.from({ length: count }, (_, i) => this.send(`${text}${i}`));
  }

  /** What the envelope says if it is new; else the outcome's name. */
  receive(envelope: Uint8Array, now: number = NOW): string {
    const result = untouched(this.#state, () => decryptMessage(this.#state, envelope, now));
    if (result.outcome !== 'new') {
      return result.outcome;
    }
    this.#commit(result.state);
    return textOf(result.body);
  }

  /** The device's store at this moment. */
  store(): Uint8Array {
    return serializeState(this.#state);
  }

  /** Goes on from `store`, its own by default. */
  restart(store: Uint8Array = this.store()): void {
    wipeState(this.#state);
    this.#state = deserializeState(store);
  }

  /** A second device that runs a copy of `store`, by default of this one's as it is now. Its randomness is its own. */
  copy(store: Uint8Array = this.store()): Device {
    return new Device(deserializeState(store), this.#random);
  }

  #commit(state: RatchetState): void {
    expectSound(state);
    const before = this.#state;
    this.#state = state;
    retire(before, state);
  }
}

/** What holds of every state, whatever happened; above all that a side which was answered once can always send. */
function expectSound({ peerKey, ownKey, sending, receiving, oldTurns }: RatchetState): void {
  const turns = [...(receiving ? [receiving] : []), ...oldTurns];
  const sum = (count: (turn: (typeof turns)[number]) => number) =>
    turns.reduce((total, each) => total + count(each), 0);
  const holds = {
    oneKey: (peerKey === undefined) !== (ownKey === undefined),
    openTurnHasKey: sending === undefined || ownKey !== undefined,
    canSend: receiving === undefined || sending !== undefined || peerKey !== undefined,
    oldAfterNew: receiving !== undefined || oldTurns.length === 0,
    oldTurns: oldTurns.length <= MAX_OLD_TURNS,
    owed: sum(({ skipped }) => skipped.size) <= MAX_SKIPPED,
    owedInOneTurn: turns.every(({ skipped }) => skipped.size <= MAX_SKIPPED_PER_CHAIN),
    remembered: sum(({ seen }) => seen.length / 12) <= MAX_SEEN,
  };
  expect(Object.entries(holds).filter(([, held]) => !held)).toEqual([]);
}

/** Alice, who asked, and Bob, who has the first turn. */
export function openChat(seed: string): { alice: Device; bob: Device } {
  const { alice, bob } = openSession(seed);
  return {
    alice: new Device(alice, seededRandom(`alice of ${seed}`)),
    bob: new Device(bob, seededRandom(`bob of ${seed}`)),
  };
}

/** The same after Bob's first message was read: both can send. */
export function talkingChat(seed: string): { alice: Device; bob: Device } {
  const chat = openChat(seed);
  chat.alice.receive(chat.bob.send('accepted'));
  return chat;
}

/** One turn of each side, each of one message, `rounds` times; `first` begins. Asserts that all of it is read. */
export function exchange(first: Device, second: Device, rounds = 1): void {
  for (let i = 0; i < rounds; i++) {
    expect(second.receive(first.send(`there ${i}`))).toBe(`there ${i}`);
    expect(first.receive(second.send(`back ${i}`))).toBe(`back ${i}`);
  }
}
