import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_OLD_TURNS } from '../../src/index.ts';
import { exchange, openChat, talkingChat } from '../ratchet/device.ts';
import { SealingRecorder } from '../ratchet/sealing-recorder.ts';

/** Alice's store is restored from a backup, or runs twice, and *sends*; Bob tells what he sees. */

let recorder: SealingRecorder;
beforeEach(() => {
  recorder = new SealingRecorder();
});
afterEach(() => {
  expect(recorder.repeats).toBe(0);
  recorder.close();
});

describe('a store rolled back within a turn', () => {
  test('forks under the indices that were read, and what it writes beyond them is new', () => {
    const { alice, bob } = talkingChat('within');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    expect([alice.send('a1'), alice.send('a2')].map((each) => bob.receive(each))).toEqual(['a1', 'a2']);
    expect(bob.receive(old.send('b1'))).toBe('fork');
    expect(bob.receive(old.send('b2'))).toBe('fork');
    expect(bob.receive(old.send('b3'))).toBe('b3');
    // Now the original is the one who comes too late.
    expect(bob.receive(alice.send('a3'))).toBe('fork');
  });

  test('is believed where it comes first, and the original forks then', () => {
    const { alice, bob } = talkingChat('first comes');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    const [a1, a2] = [alice.send('a1'), alice.send('a2')];
    expect(bob.receive(a2)).toBe('a2');
    expect(bob.receive(old.send('b1'))).toBe('b1');
    expect(bob.receive(a1)).toBe('fork');
    expect(bob.receive(old.send('b2'))).toBe('fork');
  });

  test('forks with its next turn when it says that the last was shorter than what came of it', () => {
    const { alice, bob } = talkingChat('shorter');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    bob.receive(alice.send('a1'));
    const answer = bob.send('b');
    expect(old.receive(answer)).toBe('b');
    expect(bob.receive(old.send('next'))).toBe('fork');
    expect(alice.receive(answer)).toBe('b');
    exchange(alice, bob);
  });

  test('goes unnoticed when the other side saw nothing of what was lost', () => {
    const { alice, bob } = talkingChat('unnoticed');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    alice.send('lost');
    expect(bob.receive(old.send('b1'))).toBe('b1');
    exchange(bob, old);
  });
});

describe('a store rolled back to before a turn', () => {
  test('forks with each envelope while the turn is the newest', () => {
    const { alice, bob } = talkingChat('before');
    const old = alice.copy();
    expect(bob.receive(alice.send('a0'))).toBe('a0');
    expect(bob.receive(old.send('b0'))).toBe('fork');
    expect(bob.receive(old.send('b1'))).toBe('fork');
    exchange(alice, bob);
  });

  test('is believed where it comes first, and the original forks then', () => {
    const { alice, bob } = talkingChat('before, first');
    const old = alice.copy();
    const a0 = alice.send('a0');
    expect(bob.receive(old.send('b0'))).toBe('b0');
    expect(bob.receive(a0)).toBe('fork');
    exchange(old, bob);
    expect(bob.receive(a0)).toBe('fork');
  });

  test.each([1, 2, 3, 4, MAX_OLD_TURNS])('forks while the turn is remembered: %s turns later', (turns) => {
    const { alice, bob } = talkingChat('many turns');
    const old = alice.copy();
    bob.receive(alice.send('a0'));
    exchange(bob, alice, turns);
    expect(bob.receive(old.send('b0'))).toBe('fork');
    exchange(bob, alice);
  });

  test('forks under an index that is still owed, too: it is another turn', () => {
    const { alice, bob } = talkingChat('owed in another turn');
    const old = alice.copy();
    const [late, read] = alice.sendMany(2, 'a') as [Uint8Array, Uint8Array];
    bob.receive(read);
    exchange(bob, alice, 2);
    expect(bob.receive(old.send('b0'))).toBe('fork');
    expect(bob.receive(late)).toBe('a0');
  });

  test('is unreadable once the turn is forgotten: six turns later', () => {
    const { alice, bob } = talkingChat('many turns');
    const old = alice.copy();
    bob.receive(alice.send('a0'));
    exchange(bob, alice, MAX_OLD_TURNS + 1);
    expect(bob.receive(old.send('b0'))).toBe('unreadable');
    exchange(bob, alice);
  });
});

describe('a store rolled back into an ended turn', () => {
  test('forks under an index that was read, and beyond the length the turn had', () => {
    const { alice, bob } = talkingChat('ended');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    bob.receive(alice.send('a1'));
    exchange(bob, alice, 2);
    expect(bob.receive(old.send('b1'))).toBe('fork');
    expect(bob.receive(old.send('b2'))).toBe('fork');
    exchange(bob, alice);
  });

  test('is believed under an index that is still owed, and the original forks then', () => {
    const { alice, bob } = talkingChat('owed');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    const late = alice.send('a1');
    exchange(bob, alice, 2);
    expect(bob.receive(old.send('b1'))).toBe('b1');
    expect(bob.receive(late)).toBe('fork');
    exchange(bob, alice);
  });

  test('is unreadable once the turn is forgotten', () => {
    const { alice, bob } = talkingChat('ended, forgotten');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    exchange(bob, alice, MAX_OLD_TURNS + 1);
    expect(bob.receive(old.send('b1'))).toBe('unreadable');
    exchange(bob, alice);
  });
});

describe('a store from the beginning of the chat', () => {
  test("of who was asked: a second first turn forks; the asker's answer forks for the store that never spoke", () => {
    const { alice, bob } = openChat('accepted twice');
    const [old, silent] = [bob.copy(), bob.copy()];
    expect(alice.receive(bob.send('accepted'))).toBe('accepted');
    expect(alice.receive(old.send('accepted again'))).toBe('fork');
    expect(silent.receive(alice.send('a0'))).toBe('fork');
    exchange(alice, bob);
  });

  test('of who asked: it reads the first turn, and forks with its own', () => {
    const { alice, bob } = openChat('asked');
    const old = alice.copy();
    const accepted = bob.send('accepted');
    expect(alice.receive(accepted)).toBe('accepted');
    expect(bob.receive(alice.send('a0'))).toBe('a0');
    expect(old.receive(accepted)).toBe('accepted');
    expect(bob.receive(old.send('b0'))).toBe('fork');
    exchange(alice, bob);
  });
});
