import { describe, expect, test } from 'vitest';
import {
  CryptoError,
  deserializeState,
  MAX_OLD_TURNS,
  type RatchetState,
  Secret,
  serializeState,
} from '../../src/index.ts';
import type { OldTurn } from '../../src/ratchet/received-turn.ts';
import { expectCode } from '../support/errors.ts';
import { exchange, openChat, talkingChat } from './device.ts';

/** Offsets of the fixed part: `magic 4 ‖ version 1 ‖ flags 1 ‖ …`, 138 bytes; then what the flags announce. */
const VERSION_AT = 4;
const FLAGS_AT = 5;
const FIXED_SIZE = 138;
const SENDING_SIZE = 32 + 32 + 4 + 4 + 1216 + 1120;
const OWN_KEY_SIZE = 32;
/** `header key 32 ‖ key and ciphertext 2336 ‖ chain key 32`, up to the chain's index. */
const RECEIVING_INDEX = 32 + 1216 + 1120 + 32;

const SENDING = 0x01;
const PEER_KEY = 0x02;
const OWN_KEY = 0x04;
const RECEIVING = 0x08;

/** A state with every part: an open turn, a newest turn with keys 0 and 2 owed, and two old turns with one owed each. */
function fullState(): RatchetState {
  const { alice, bob } = talkingChat('full');
  bob.send('owed in the first turn');
  exchange(alice, bob);
  bob.send('owed in the second');
  bob.receive(alice.send('a'));
  const [, b1, , b3] = bob.sendMany(4, 'b');
  alice.receive(b1 as Uint8Array);
  alice.receive(b3 as Uint8Array);
  alice.send('open');
  expect(alice.state.sending && alice.state.ownKey && alice.state.receiving).toBeDefined();
  expect(alice.state.oldTurns.map(({ skipped }) => skipped.size)).toEqual([1, 1]);
  expect(alice.state.receiving?.skipped.size).toBe(2);
  return alice.state;
}

const full = fullState();
const bytes = serializeState(full);

/** A copy of `source` with a big-endian number written over. */
function withU32(source: Uint8Array, offset: number, value: number): Uint8Array {
  const changed = source.slice();
  new DataView(changed.buffer).setUint32(offset, value);
  return changed;
}

/** Number of owed keys of the newest turn: `index u32 ‖ count u32 ‖ (n u32 ‖ since u32 ‖ key 32)… ‖ count u32 ‖ …`. */
const COUNT_AT = FIXED_SIZE + SENDING_SIZE + OWN_KEY_SIZE + RECEIVING_INDEX + 4;
const SEEN_AT = COUNT_AT + 4 + 2 * 40;
const OLD_TURNS_AT = SEEN_AT + 4 + 2 * 12;

describe('a state', () => {
  test('comes back as it was, in each shape it takes in a chat', () => {
    const { alice, bob } = openChat('shapes');
    const stores = [alice.store(), bob.store(), bytes];
    alice.receive(bob.send('accepted'));
    stores.push(alice.store(), bob.store());
    for (const state of stores) {
      expect(serializeState(deserializeState(state))).toEqual(state);
    }
  });

  test('shares no memory with its bytes', () => {
    const source = bytes.slice();
    const state = deserializeState(source);
    source.fill(0);
    expect(serializeState(state)).toEqual(bytes);
  });

  test('lies where this test looks for it', () => {
    const view = new DataView(bytes.buffer);
    expect(view.getUint32(COUNT_AT)).toBe(2);
    expect(view.getUint32(SEEN_AT)).toBe(2);
    expect(bytes[OLD_TURNS_AT]).toBe(2);
    expect(bytes[FLAGS_AT]).toBe(SENDING | OWN_KEY | RECEIVING);
  });
});

describe('foreign bytes', () => {
  test('truncated at any length', () => {
    for (let length = 0; length < bytes.length; length++) {
      expectCode('MALFORMED', () => deserializeState(bytes.subarray(0, length)));
    }
  });

  test('with a trailing byte', () => {
    expectCode('MALFORMED', () => deserializeState(Uint8Array.of(...bytes, 0)));
  });

  test('with another magic', () => {
    for (let i = 0; i < VERSION_AT; i++) {
      expectCode('MALFORMED', () => deserializeState(bytes.with(i, (bytes[i] as number) ^ 1)));
    }
  });

  test('of another version', () => {
    for (const version of [0, 2, 255]) {
      expectCode('UNSUPPORTED_VERSION', () => deserializeState(bytes.with(VERSION_AT, version)));
    }
  });

  test('a flipped bit anywhere gives a typed error, or a state that says exactly what the bytes say', () => {
    for (let i = 0; i < bytes.length; i++) {
      const flipped = bytes.with(i, (bytes[i] as number) ^ (1 << (i % 8)));
      try {
        expect(Buffer.compare(serializeState(deserializeState(flipped)), flipped)).toBe(0);
      } catch (error) {
        if (!(error instanceof CryptoError) || !['MALFORMED', 'UNSUPPORTED_VERSION'].includes(error.code)) {
          throw error;
        }
      }
    }
  });
});

describe('counts', () => {
  test.each([
    ['more old turns than are kept', bytes.with(OLD_TURNS_AT, MAX_OLD_TURNS + 1)],
    ['more owed keys than a chain may have', withU32(bytes, COUNT_AT, 1001)],
    ['more owed keys than there are bytes', withU32(bytes, COUNT_AT, 1000)],
    ['the largest number of owed keys', withU32(bytes, COUNT_AT, 0xffff_ffff)],
    ['more remembered envelopes than are kept', withU32(bytes, SEEN_AT, 1001)],
    ['more remembered envelopes than there are bytes', withU32(bytes, SEEN_AT, 1000)],
    ['the largest number of remembered envelopes', withU32(bytes, SEEN_AT, 0xffff_ffff)],
    ['an owed key for an index that the chain has not passed', withU32(bytes, COUNT_AT - 4, 2)],
    ['an owed key for the largest index', withU32(bytes, COUNT_AT + 4, 0xffff_ffff)],
    ['two owed keys for one index', withU32(bytes, COUNT_AT + 4, 2)],
  ])('%s', (_, changed) => {
    expectCode('MALFORMED', () => deserializeState(changed));
  });
});

describe('sums over all turns', () => {
  const owed = (count: number) => {
    const keys = Array.from(
      { length: count },
      (_, n) => [n, { since: 0, key: new Secret<'message-key'>(new Uint8Array(32)) }] as const,
    );
    return new Map(keys);
  };
  const old = (change: Partial<OldTurn>): OldTurn => ({ ...(full.oldTurns[0] as OldTurn), length: 1000, ...change });
  /** The full state, whose newest turn owes 2 and remembers 2, with other old turns. */
  const store = (...oldTurns: OldTurn[]) => serializeState({ ...full, oldTurns });
  const none = new Uint8Array(0);

  test.each([
    ['2000 owed keys', store(old({ skipped: owed(1000), seen: none }), old({ skipped: owed(998), seen: none }))],
    ['1000 remembered envelopes', store(old({ seen: new Uint8Array(998 * 12) }))],
  ])('allowed: %s', (_, bytes) => {
    expect(Buffer.compare(serializeState(deserializeState(bytes)), bytes)).toBe(0);
  });

  test.each([
    ['2001 owed keys', store(old({ skipped: owed(1000), seen: none }), old({ skipped: owed(999), seen: none }))],
    ['1001 remembered envelopes', store(old({ seen: new Uint8Array(999 * 12) }))],
  ])('refused: %s', (_, bytes) => {
    expectCode('MALFORMED', () => deserializeState(bytes));
  });
});

describe('flags', () => {
  const { alice, bob } = openChat('flags');
  const [asked, answering] = [alice.store(), bob.store()];
  const ownKey = asked.slice(FIXED_SIZE, FIXED_SIZE + OWN_KEY_SIZE);
  const peerKey = answering.slice(FIXED_SIZE, FIXED_SIZE + 1216);
  const sending = bytes.slice(FIXED_SIZE, FIXED_SIZE + SENDING_SIZE);
  /** A state without received turns: the fixed part, `parts`, and no old turn. */
  const made = (flags: number, ...parts: Uint8Array[]) =>
    Uint8Array.of(...asked.with(FLAGS_AT, flags).subarray(0, FIXED_SIZE), ...parts.flatMap((part) => [...part]), 0);

  test.each([
    ['who asked, and waits', OWN_KEY, [ownKey]],
    ['who was asked, and may begin', PEER_KEY, [peerKey]],
    ['who began, and waits', SENDING | OWN_KEY, [sending, ownKey]],
  ])('allowed: %s', (_, flags, parts) => {
    const state = made(flags, ...parts);
    expect(serializeState(deserializeState(state))).toEqual(state);
  });

  test.each([
    ['neither a key of its own nor one of the other side', 0, []],
    ['both keys', PEER_KEY | OWN_KEY, [peerKey, ownKey]],
    ['an open turn, and the right to begin one', SENDING | PEER_KEY, [sending, peerKey]],
    ['an open turn, the right to begin one, and a key', SENDING | PEER_KEY | OWN_KEY, [sending, peerKey, ownKey]],
    ['an open turn without its key', SENDING, [sending]],
    ['a flag of a later version', 0x10 | OWN_KEY, [ownKey]],
    ['the highest flag', 0x80 | OWN_KEY, [ownKey]],
  ])('refused: %s', (_, flags, parts) => {
    expectCode('MALFORMED', () => deserializeState(made(flags, ...parts)));
  });
});
