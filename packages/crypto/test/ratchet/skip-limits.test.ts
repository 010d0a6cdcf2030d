import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decryptMessage, MAX_OLD_TURNS, MAX_SKIPPED, MAX_SKIPPED_PER_CHAIN } from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { type Device, exchange, talkingChat } from './device.ts';
import { untouched } from './untouched.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

function expectSkipLimit(device: Device, envelope: Uint8Array): void {
  untouched(device.state, () => expectCode('SKIP_LIMIT', () => decryptMessage(device.state, envelope, NOW)));
}

/** Message keys that `device` owes to envelopes that are late. */
function owed(device: Device): number {
  const { receiving, oldTurns } = device.state;
  return [...(receiving ? [receiving] : []), ...oldTurns].reduce((sum, { skipped }) => sum + skipped.size, 0);
}

describe('one turn', () => {
  const { alice, bob } = talkingChat('one turn');
  let envelopes: Uint8Array[];
  const at = (n: number) => envelopes[n] as Uint8Array;
  beforeAll(() => {
    envelopes = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 5);
  });

  test('can begin with its envelope number 1000, not with the next', () => {
    const fresh = bob.copy();
    expectSkipLimit(fresh, at(MAX_SKIPPED_PER_CHAIN + 1));
    expect(fresh.receive(at(MAX_SKIPPED_PER_CHAIN))).toBe('m1000');
    expect(owed(fresh)).toBe(MAX_SKIPPED_PER_CHAIN);
    // The state that refused was usable, and so is the one that is full: what is late makes room.
    expectSkipLimit(fresh, at(MAX_SKIPPED_PER_CHAIN + 2));
    expect(fresh.receive(at(MAX_SKIPPED_PER_CHAIN + 1))).toBe('m1001');
    expect(fresh.receive(at(0))).toBe('m0');
    expect(fresh.receive(at(MAX_SKIPPED_PER_CHAIN + 3))).toBe('m1003');
    expect(fresh.receive(at(999))).toBe('m999');
  });

  test('can have a gap of 1000 after an envelope that came, not of 1001', () => {
    const reader = bob.copy();
    expect(reader.receive(at(0))).toBe('m0');
    expectSkipLimit(reader, at(MAX_SKIPPED_PER_CHAIN + 2));
    expect(reader.receive(at(MAX_SKIPPED_PER_CHAIN + 1))).toBe('m1001');
    expect(owed(reader)).toBe(MAX_SKIPPED_PER_CHAIN);
  });

  test('counts all its gaps together', () => {
    const reader = bob.copy();
    expect(reader.receive(at(600))).toBe('m600');
    expectSkipLimit(reader, at(600 + 400 + 2));
    expect(reader.receive(at(600 + 400 + 1))).toBe('m1001');
    expect(owed(reader)).toBe(MAX_SKIPPED_PER_CHAIN);
  });
});

describe('a turn that begins', () => {
  test('can begin with its envelope number 1000, not with the next', () => {
    const { alice, bob } = talkingChat('begins');
    exchange(alice, bob, 2);
    const envelopes = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 2);
    expectSkipLimit(bob, envelopes[MAX_SKIPPED_PER_CHAIN + 1] as Uint8Array);
    expect(bob.receive(envelopes[MAX_SKIPPED_PER_CHAIN] as Uint8Array)).toBe('m1000');
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
  });
});

describe('a turn that ended', () => {
  /** Bob read number `read` of Alice's turn, which had `length` envelopes; then both went on. */
  function ended(read: number, length: number): { alice: Device; bob: Device; turn: Uint8Array[] } {
    const { alice, bob } = talkingChat('ended');
    const turn = alice.sendMany(length);
    expect(bob.receive(turn[read] as Uint8Array)).toBe(`m${read}`);
    exchange(bob, alice);
    return { alice, bob, turn };
  }
  const outcome = (bob: Device, turn: Uint8Array[], n: number) => bob.receive(turn[n] as Uint8Array);

  test('owes up to 1000 at its end', () => {
    const { alice, bob, turn } = ended(0, MAX_SKIPPED_PER_CHAIN + 1);
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect([1, 999, 1000].map((n) => outcome(bob, turn, n))).toEqual(['m1', 'm999', 'm1000']);
    exchange(bob, alice);
  });

  test('gives up the rest of what is missing at its end, and lets the next turn in', () => {
    const { alice, bob, turn } = ended(0, MAX_SKIPPED_PER_CHAIN + 3);
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect([1001, 1002, 1000, 1].map((n) => outcome(bob, turn, n))).toEqual([
      'unreadable',
      'unreadable',
      'm1000',
      'm1',
    ]);
    exchange(bob, alice);
  });

  test('counts its gaps and its end together', () => {
    const { alice, bob, turn } = ended(600, 600 + 1 + 401);
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect([1001, 1000, 599, 0].map((n) => outcome(bob, turn, n))).toEqual(['unreadable', 'm1000', 'm599', 'm0']);
    exchange(bob, alice);
  });

  test('owes nothing at its end if its gaps are 1000 already', () => {
    const { alice, bob, turn } = ended(1000, 1003);
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect([1001, 1002, 0].map((n) => outcome(bob, turn, n))).toEqual(['unreadable', 'unreadable', 'm0']);
    exchange(bob, alice);
  });
});

describe('a chat', () => {
  /** Bob, who owes 1000 keys in the turn before the newest, and 1000 in the newest. */
  function fill(): { alice: Device; bob: Device; first: Uint8Array[]; second: Uint8Array[] } {
    const { alice, bob } = talkingChat('a chat');
    const turn = () => {
      const envelopes = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
      expect(bob.receive(envelopes[MAX_SKIPPED_PER_CHAIN] as Uint8Array)).toBe('m1000');
      alice.receive(bob.send('answer'));
      return envelopes;
    };
    const [first, second] = [turn(), turn()];
    expect(owed(bob)).toBe(MAX_SKIPPED);
    return { alice, bob, first, second };
  }

  test('owes 2000 in all: what a new turn owes more, the first keys of the oldest give up', () => {
    const { alice, bob, first, second } = fill();
    const third = alice.sendMany(4, 'third ');
    expect(bob.receive(third[1] as Uint8Array)).toBe('third 1');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect([0, 1, 999].map((n) => bob.receive(first[n] as Uint8Array))).toEqual(['unreadable', 'm1', 'm999']);
    expect(owed(bob)).toBe(MAX_SKIPPED - 2);
    // A gap of one: there is room for it.
    expect(bob.receive(third[3] as Uint8Array)).toBe('third 3');
    expect(owed(bob)).toBe(MAX_SKIPPED - 1);
    expect([2, 998].map((n) => bob.receive(first[n] as Uint8Array))).toEqual(['m2', 'm998']);
    expect([0, 2].map((n) => bob.receive(third[n] as Uint8Array))).toEqual(['third 0', 'third 2']);
    expect(bob.receive(second[0] as Uint8Array)).toBe('m0');
  });

  test('counts what is missing at the end of a turn', () => {
    const { alice, bob, first } = fill();
    const third = alice.sendMany(3, 'third ');
    expect(bob.receive(third[0] as Uint8Array)).toBe('third 0');
    exchange(bob, alice);
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect([0, 1, 2].map((n) => bob.receive(first[n] as Uint8Array))).toEqual(['unreadable', 'unreadable', 'm2']);
    expect([1, 2].map((n) => bob.receive(third[n] as Uint8Array))).toEqual(['third 1', 'third 2']);
  });

  test('gives up several turns at once, the oldest wholly, and the two newest never', () => {
    const { alice, bob, first, second } = fill();
    const third = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
    expect(bob.receive(third[0] as Uint8Array)).toBe('m0');
    alice.receive(bob.send('answer'));
    const fourth = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
    expect(bob.receive(fourth[MAX_SKIPPED_PER_CHAIN] as Uint8Array)).toBe('m1000');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    for (const turn of [first, second]) {
      expect([0, 500, 999].map((n) => bob.receive(turn[n] as Uint8Array))).toEqual(Array(3).fill('unreadable'));
    }
    expect([1, 1000].map((n) => bob.receive(third[n] as Uint8Array))).toEqual(['m1', 'm1000']);
    expect([0, 999].map((n) => bob.receive(fourth[n] as Uint8Array))).toEqual(['m0', 'm999']);
    alice.receive(bob.send('answer'));
    exchange(alice, bob);
  });

  test('gives up nothing for what does not open', () => {
    const { alice, bob, first } = fill();
    const beyond = alice.sendMany(4)[3] as Uint8Array;
    expect(bob.receive(beyond.with(4095, (beyond[4095] as number) ^ 1))).toBe('unreadable');
    expect(bob.receive(first[0] as Uint8Array)).toBe('m0');
  });

  test('owes nothing any more in a turn that is given up: a sixth newer one frees its keys', () => {
    const { alice, bob, first, second } = fill();
    // The turns after: third to sixth.
    exchange(alice, bob, MAX_OLD_TURNS - 1);
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect(bob.receive(first[3] as Uint8Array)).toBe('m3');
    exchange(alice, bob);
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect(bob.receive(first[4] as Uint8Array)).toBe('unreadable');
    expect(bob.receive(second[4] as Uint8Array)).toBe('m4');
    exchange(alice, bob);
    expect(owed(bob)).toBe(0);
    expect(bob.receive(second[5] as Uint8Array)).toBe('unreadable');
  });

  test('counts the keys of a turn that is given up in the same step as free', () => {
    const { alice, bob, second } = fill();
    exchange(alice, bob, MAX_OLD_TURNS - 1);
    const turn = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
    expect(bob.receive(turn[MAX_SKIPPED_PER_CHAIN] as Uint8Array)).toBe('m1000');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect(bob.receive(second[0] as Uint8Array)).toBe('m0');
  });
});
