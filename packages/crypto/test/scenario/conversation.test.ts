import { describe, expect, test } from 'vitest';
import {
  decryptMessage,
  deserializeState,
  encryptMessage,
  type RatchetState,
  serializeState,
} from '../../src/index.ts';
import { bodyOf, meet, NOW, textOf } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

/** One side of a conversation, with its state kept as a store would. */
class Side {
  #state: RatchetState;
  readonly #random = seededRandom('side');
  constructor(state: RatchetState) {
    this.#state = state;
  }

  send(text: string): Uint8Array {
    const { envelope, state } = encryptMessage(this.#state, 'standard', bodyOf(text), this.#random);
    this.#state = deserializeState(serializeState(state));
    return envelope;
  }

  receive(envelope: Uint8Array): string {
    const result = decryptMessage(this.#state, envelope, NOW);
    if (result.outcome !== 'new') {
      return result.outcome;
    }
    this.#state = deserializeState(serializeState(result.state));
    return textOf(result.body);
  }
}

function talk(withOneTime = true): { alice: Side; bob: Side } {
  const { initiated, responded } = meet('talk', withOneTime);
  return { alice: new Side(initiated.state), bob: new Side(responded.state) };
}

describe.each([true, false])('a conversation (one-time prekey: %s)', (withOneTime) => {
  test('begins with the responder, and goes both ways', () => {
    const { alice, bob } = talk(withOneTime);
    expectCode('TURN_NOT_OPEN', () => alice.send('too early'));
    expect(alice.receive(bob.send('accepted'))).toBe('accepted');
    for (let i = 0; i < 5; i++) {
      expect(bob.receive(alice.send(`a${i}`))).toBe(`a${i}`);
      expect(bob.receive(alice.send(`a${i}'`))).toBe(`a${i}'`);
      expect(alice.receive(bob.send(`b${i}`))).toBe(`b${i}`);
    }
  });

  test('survives a lost first envelope of a turn, reordering and duplicates', () => {
    const { alice, bob } = talk(withOneTime);
    alice.receive(bob.send('accepted'));
    const [a0, a1, a2] = [alice.send('a0'), alice.send('a1'), alice.send('a2')];
    expect(bob.receive(a2)).toBe('a2');
    const b0 = bob.send('b0');
    expect(alice.receive(b0)).toBe('b0');
    const a3 = alice.send('a3');
    expect(bob.receive(a3)).toBe('a3');
    expect(bob.receive(a0)).toBe('a0');
    expect(bob.receive(a0)).toBe('duplicate');
    expect(bob.receive(a3)).toBe('duplicate');
    expect(bob.receive(a1)).toBe('a1');
    expect(alice.receive(b0)).toBe('duplicate');
  });
});
