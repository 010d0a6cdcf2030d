import { beforeAll, describe, expect, test } from 'vitest';
import { decryptMessage, MAX_OLD_TURNS, MAX_SKIPPED, MAX_SKIPPED_PER_CHAIN } from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { type Device, exchange, talkingChat } from './device.ts';
import { untouched } from './untouched.ts';

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

  test('can end with a gap of 1000 before the turn after it', () => {
    const reader = bob.copy();
    const writer = talkingChat('one turn').alice;
    const turn = writer.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
    expect(reader.receive(turn[0] as Uint8Array)).toBe('m0');
    expect(writer.receive(reader.send('answer'))).toBe('answer');
    expect(reader.receive(writer.send('next turn'))).toBe('next turn');
    expect(owed(reader)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect(reader.receive(turn[1000] as Uint8Array)).toBe('m1000');
  });
});

describe('a turn that ended', () => {
  /** Bob read number 600 of Alice's turn, which had `length` envelopes; her next turn. */
  function ended(length: number): { bob: Device; next: Uint8Array } {
    const { alice, bob } = talkingChat('ended');
    expect(bob.receive(alice.sendMany(length)[600] as Uint8Array)).toBe('m600');
    alice.receive(bob.send('answer'));
    return { bob, next: alice.send('next turn') };
  }

  test('counts its gaps and what is missing at its end together: 1000', () => {
    const { bob, next } = ended(600 + 1 + 400);
    expect(bob.receive(next)).toBe('next turn');
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
  });

  test('and of 1001 gives up the last: a lost tail never shuts out the turn after it', () => {
    const { bob, next } = ended(600 + 1 + 401);
    expect(bob.receive(next)).toBe('next turn');
    expect(owed(bob)).toBe(MAX_SKIPPED_PER_CHAIN);
    expect(bob.state.oldTurns[0]?.skipped.has(1000)).toBe(true);
    expect(bob.state.oldTurns[0]?.skipped.has(1001)).toBe(false);
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

  test('can owe 2000 in all; for one more the oldest turn gives up its first, in a turn begun or gone on with', () => {
    const { alice, bob, first, second } = fill();
    const [n0, n1, n2, n3] = alice.sendMany(4, 'third ') as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(bob.receive(n1)).toBe('third 1');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect(bob.receive(first[0] as Uint8Array)).toBe('unreadable');
    expect(bob.receive(first[1] as Uint8Array)).toBe('m1');
    expect(bob.receive(n3)).toBe('third 3');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect(bob.receive(second[0] as Uint8Array)).toBe('m0');
    expect([n0, n2].map((envelope) => bob.receive(envelope))).toEqual(['third 0', 'third 2']);
  });

  test('counts what is missing at the end of a turn', () => {
    const { alice, bob, first } = fill();
    const third = alice.sendMany(2, 'third ');
    expect(bob.receive(third[0] as Uint8Array)).toBe('third 0');
    alice.receive(bob.send('answer'));
    expect(bob.receive(alice.send('fourth'))).toBe('fourth');
    expect(owed(bob)).toBe(MAX_SKIPPED);
    expect(bob.receive(first[0] as Uint8Array)).toBe('unreadable');
    expect(bob.receive(third[1] as Uint8Array)).toBe('third 1');
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
    const { alice, bob } = fill();
    exchange(alice, bob, MAX_OLD_TURNS - 1);
    const turn = alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1);
    expect(bob.receive(turn[MAX_SKIPPED_PER_CHAIN] as Uint8Array)).toBe('m1000');
    expect(owed(bob)).toBe(MAX_SKIPPED);
  });
});
