import { describe, expect, test, vi } from 'vitest';
import { decryptMessage, dropExpiredKeys, MAX_OLD_TURNS, MAX_SEEN, SKIPPED_LIFETIME_SECONDS } from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { exchange, talkingChat } from './device.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

/** Bob owes two envelopes of an old turn and one of the newest, all put aside at `NOW`. */
function owing() {
  const { alice, bob } = talkingChat('owing');
  const [old0, old1, old2] = alice.sendMany(3, 'old ') as [Uint8Array, Uint8Array, Uint8Array];
  bob.receive(old2);
  alice.receive(bob.send('answer'));
  const [late, read] = alice.sendMany(2, 'new ') as [Uint8Array, Uint8Array];
  bob.receive(read);
  return { alice, bob, old0, old1, late };
}

describe('30 days', () => {
  test('less a second: what is late still opens', () => {
    const { bob, old0, old1, late } = owing();
    const now = NOW + SKIPPED_LIFETIME_SECONDS - 1;
    expect([old0, late, old1].map((envelope) => bob.receive(envelope, now))).toEqual(['old 0', 'new 0', 'old 1']);
  });

  test('later its key is gone, in the newest turn and in old ones', () => {
    const { alice, bob, old0, old1, late } = owing();
    const now = NOW + SKIPPED_LIFETIME_SECONDS;
    expect([old0, late, old1].map((envelope) => bob.receive(envelope, now))).toEqual(Array(3).fill('unreadable'));
    // Nothing was committed: were the clock wrong, no harm was done.
    expect(bob.receive(old0, NOW)).toBe('old 0');
    // The next message commits it.
    expect(bob.receive(alice.send('on'), now)).toBe('on');
    expect(bob.receive(old1, NOW)).toBe('unreadable');
    expect(bob.receive(late, NOW)).toBe('unreadable');
    exchange(alice, bob);
  });

  test('are counted for each key from when it was put aside', () => {
    const { alice, bob, late } = owing();
    const [later, read] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    bob.receive(read, NOW + 10);
    const now = NOW + SKIPPED_LIFETIME_SECONDS + 9;
    expect(bob.receive(late, now)).toBe('unreadable');
    expect(bob.receive(later, now)).toBe('m0');
  });

  test('do not pass while the clock goes back', () => {
    const { bob, late } = owing();
    expect(bob.receive(late, 0)).toBe('new 0');
  });
});

describe('dropExpiredKeys', () => {
  test('gives the same object while there is nothing to drop', () => {
    const { bob } = owing();
    expect(dropExpiredKeys(bob.state, NOW + SKIPPED_LIFETIME_SECONDS - 1)).toBe(bob.state);
    const { alice } = talkingChat('nothing owed');
    expect(dropExpiredKeys(alice.state, NOW + 2 * SKIPPED_LIFETIME_SECONDS)).toBe(alice.state);
  });

  test('drops what is too old, and leaves the state it was given', () => {
    const { alice, bob, late } = owing();
    const before = bob.store();
    const after = dropExpiredKeys(bob.state, NOW + SKIPPED_LIFETIME_SECONDS);
    expect(after.receiving?.skipped.size).toBe(0);
    expect(after.oldTurns.map(({ skipped }) => skipped.size)).toEqual([0]);
    expect(bob.store()).toEqual(before);
    expect(decryptMessage(after, late, NOW).outcome).toBe('unreadable');
    expect(decryptMessage(after, alice.send('on'), NOW).outcome).toBe('new');
  });
});

describe('newer turns', () => {
  test('six of them: what is late is given up, and no more than five old turns are kept', () => {
    const { alice, bob } = talkingChat('six turns');
    const [late, read] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    bob.receive(read);
    exchange(bob, alice, MAX_OLD_TURNS + 1);
    expect(bob.state.oldTurns).toHaveLength(MAX_OLD_TURNS);
    expect([late, read].map((envelope) => bob.receive(envelope))).toEqual(['unreadable', 'unreadable']);
  });

  test.each([0, 1, 2, 3, 4, MAX_OLD_TURNS])('%s of them: late is late, and a copy is a copy', (turns) => {
    const { alice, bob } = talkingChat('some turns');
    const [late, read] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    bob.receive(read);
    exchange(bob, alice, turns);
    expect(bob.state.oldTurns).toHaveLength(turns);
    expect([late, late, read].map((envelope) => bob.receive(envelope))).toEqual(['m0', 'duplicate', 'duplicate']);
  });
});

describe('1000 remembered envelopes', () => {
  test('of one turn: the oldest are forgotten first, and a copy of one is unreadable then', () => {
    const { alice, bob } = talkingChat('one turn');
    const envelopes = alice.sendMany(MAX_SEEN + 2);
    const read = (from: number, to: number) => {
      for (const envelope of envelopes.slice(from, to)) {
        bob.receive(envelope);
      }
    };
    const copies = () => envelopes.slice(0, 3).map((envelope) => bob.receive(envelope));
    read(0, MAX_SEEN);
    expect(copies()).toEqual(['duplicate', 'duplicate', 'duplicate']);
    read(MAX_SEEN, MAX_SEEN + 1);
    expect(copies()).toEqual(['unreadable', 'duplicate', 'duplicate']);
    read(MAX_SEEN + 1, MAX_SEEN + 2);
    expect(copies()).toEqual(['unreadable', 'unreadable', 'duplicate']);
    expect(bob.receive(envelopes[MAX_SEEN] as Uint8Array)).toBe('duplicate');
  });

  test('of several turns: those of the oldest turn are forgotten first', () => {
    const { alice, bob } = talkingChat('several turns');
    const [a0, a1] = alice.sendMany(2) as [Uint8Array, Uint8Array];
    bob.receive(a0);
    bob.receive(a1);
    alice.receive(bob.send('b'));
    const [second] = alice.sendMany(1) as [Uint8Array];
    bob.receive(second);
    alice.receive(bob.send('b'));
    const outcomes = () => [a0, a1, second].map((envelope) => bob.receive(envelope));
    for (const envelope of alice.sendMany(MAX_SEEN - 3)) {
      bob.receive(envelope);
    }
    expect(outcomes()).toEqual(['duplicate', 'duplicate', 'duplicate']);
    bob.receive(alice.send('one more'));
    expect(outcomes()).toEqual(['unreadable', 'duplicate', 'duplicate']);
    bob.receive(alice.send('one more'));
    bob.receive(alice.send('one more'));
    expect(outcomes()).toEqual(['unreadable', 'unreadable', 'unreadable']);
  });
});
