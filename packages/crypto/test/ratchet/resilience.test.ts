import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  decryptMessage,
  deserializeState,
  dropExpiredKeys,
  MAX_SKIPPED_PER_CHAIN,
  type RatchetState,
  serializeState,
} from '../../src/index.ts';
import { bodyOf, NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { type Device, talkingChat } from './device.ts';
import { type Census, endCensus, takeCensus } from './secret-census.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

/** What must not be able to end a chat, keep a bad state, or leave a secret behind. */

const random = seededRandom('findings');

describe('a lost tail must not shut out the turns after it', () => {
  /** Alice's turn had `count` envelopes, Bob has the first of them, and both went on: her next turn. */
  function lostTail(count: number): { bob: Device; next: Uint8Array } {
    const { alice, bob } = talkingChat('lost tail');
    expect(bob.receive(alice.sendMany(count)[0] as Uint8Array)).toBe('m0');
    alice.receive(bob.send('answer'));
    return { bob, next: alice.send('next turn') };
  }

  test('of more than 1000 envelopes: the keys that are too many are given up, not the chat', () => {
    const { bob, next } = lostTail(MAX_SKIPPED_PER_CHAIN + 2);
    expect(bob.receive(next)).toBe('next turn');
  });

  test('when 2000 keys are owed in old turns: the oldest are given up', () => {
    const { alice, bob } = talkingChat('full');
    for (let turn = 0; turn < 4; turn++) {
      expect(bob.receive(alice.sendMany(500).at(-1) as Uint8Array)).toBe('m499');
      alice.receive(bob.send('answer'));
    }
    expect(bob.receive(alice.sendMany(6).at(-1) as Uint8Array)).toBe('m5');
  });
});

describe('a state that was retired', () => {
  test('says so, and does not call an honest envelope unreadable', () => {
    const { alice, bob } = talkingChat('retired');
    bob.receive(alice.send('a'));
    const old = alice.state;
    const [b0, b1] = bob.sendMany(2) as [Uint8Array, Uint8Array];
    // The device commits what comes of the first, and retires the state before; a second reader still had that one.
    alice.receive(b0);
    expectCode('SECRET_WIPED', () => decryptMessage(old, b1, NOW));
  });
});

describe('a time that is none', () => {
  test('NaN is refused, and does not drop every key that is owed', () => {
    const { alice, bob } = talkingChat('NaN');
    const [, last] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    bob.receive(last);
    expectCode('INVALID_ARGUMENT', () => decryptMessage(bob.state, alice.send('on'), Number.NaN));
  });

  test('what is negative, or too large for the store, is refused too; the largest is not', () => {
    const { alice, bob } = talkingChat('range');
    const [, last] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    for (const now of [-1, 2 ** 32, Number.POSITIVE_INFINITY]) {
      expectCode('INVALID_ARGUMENT', () => decryptMessage(bob.state, last, now));
      expectCode('INVALID_ARGUMENT', () => dropExpiredKeys(bob.state, now));
    }
    expect(bob.receive(last, 2 ** 32 - 1)).toBe('m1');
    bob.restart();
  });

  test('half a second is refused before it makes a state that cannot be stored', () => {
    const { alice, bob } = talkingChat('fraction');
    const [, last] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    expectCode('INVALID_ARGUMENT', () => decryptMessage(bob.state, last, NOW + 0.5));
  });
});

describe('a stored state that contradicts itself', () => {
  const { alice, bob } = talkingChat('contradiction');
  bob.receive(alice.send('a0'));
  alice.receive(bob.send('b0'));
  bob.receive(alice.send('a1'));
  const state = deserializeState(bob.store());

  test.each<[string, Partial<RatchetState>]>([
    ['old turns without a newest one', { receiving: undefined }],
    [
      'an envelope remembered under an index that the chain has not passed',
      { receiving: state.receiving && { ...state.receiving, chain: { ...state.receiving.chain, index: 0 } } },
    ],
  ])('%s', (_, change) => {
    expectCode('MALFORMED', () => deserializeState(serializeState({ ...state, ...change })));
  });
});

describe('secrets that are left when a step fails', () => {
  let census: Census;
  beforeAll(async () => {
    census = await takeCensus();
  });
  afterAll(endCensus);

  function leavesNothing(step: () => unknown): void {
    const before = census.alive();
    try {
      step();
    } catch {
      expect(census.alive()).toBe(before);
      return;
    }
    throw new Error('the step did not fail');
  }

  test('the fresh key pair, when the other side has a bad key', () => {
    const { bob } = census.pair.openSession('bad key');
    const state = { ...bob, peerKey: new Uint8Array(1216) };
    leavesNothing(() => census.api.encryptMessage(state, 'standard', bodyOf('x'), random));
  });

  /** Begins a turn with randomness that fails where `size` bytes are drawn. */
  function beginWithout(size: number): () => unknown {
    const { bob } = census.pair.openSession('no entropy');
    const failing = (length: number) => {
      if (length === size) {
        throw new Error('no entropy');
      }
      return random(length);
    };
    return () => census.api.encryptMessage(bob, 'standard', bodyOf('x'), failing);
  }

  test.each([
    ['key', 32],
    ['nonce', 24],
  ])('the begun turn, when the randomness for the %s fails', (_, size) => {
    leavesNothing(beginWithout(size));
  });

  // The fresh key pair is not wiped yet.
  test('the begun turn, when the randomness for the encapsulation fails', () => {
    leavesNothing(beginWithout(64));
  });

  test('what was read of a state that turns out to be malformed', () => {
    const { alice } = census.pair.openSession('malformed');
    const bytes = Uint8Array.of(...census.api.serializeState(alice), 0);
    leavesNothing(() => census.api.deserializeState(bytes));
  });
});
