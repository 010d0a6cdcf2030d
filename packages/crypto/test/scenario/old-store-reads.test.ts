import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exchange, talkingChat } from '../ratchet/device.ts';
import { SealingRecorder } from '../ratchet/sealing-recorder.ts';

/** Alice's store is restored from a backup, or runs twice, and *reads*; the copy tells what it sees. */

let recorder: SealingRecorder;
beforeEach(() => {
  recorder = new SealingRecorder();
});
afterEach(() => {
  expect(recorder.repeats).toBe(0);
  recorder.close();
});

describe('a restored store', () => {
  test('reads again what the relay still holds of the turn it was in', () => {
    const { alice, bob } = talkingChat('again');
    const old = alice.copy();
    const envelopes = bob.sendMany(3, 'b');
    expect(envelopes.map((each) => alice.receive(each))).toEqual(['b0', 'b1', 'b2']);
    expect(envelopes.map((each) => old.receive(each))).toEqual(['b0', 'b1', 'b2']);
    exchange(old, bob);
  });

  test('of the same turn as the original reads the next turn too', () => {
    const { alice, bob } = talkingChat('same turn');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    bob.receive(alice.send('a1'));
    const answer = bob.send('b0');
    expect([alice.receive(answer), old.receive(answer)]).toEqual(['b0', 'b0']);
  });

  test('calls it a fork when the other side answers a turn that it never began', () => {
    const { alice, bob } = talkingChat('never began');
    const old = alice.copy();
    bob.receive(alice.send('a0'));
    const answer = bob.send('b0');
    expect(old.receive(answer)).toBe('fork');
    expect(alice.receive(answer)).toBe('b0');
    exchange(alice, bob);
  });

  test('cannot read the answer to a turn that the original began, when it began one itself', () => {
    const { alice, bob } = talkingChat('began too');
    const old = alice.copy();
    bob.receive(alice.send('a0'));
    expect(bob.receive(old.send('b0'))).toBe('fork');
    // The answer is encapsulated to the original's key.
    const answer = bob.send('b0');
    expect(old.receive(answer)).toBe('unreadable');
    expect(alice.receive(answer)).toBe('b0');
    exchange(alice, bob);
  });

  test.each([1, 2, 6])('cannot read what comes %s turns after the one it knows', (turns) => {
    const { alice, bob } = talkingChat('turns ahead');
    bob.receive(alice.send('a0'));
    const old = alice.copy();
    exchange(bob, alice, turns);
    expect(old.receive(bob.send('b'))).toBe('unreadable');
    exchange(bob, alice);
  });

  test('cannot read what it knew as old: a store from before has none of the later turns', () => {
    const { alice, bob } = talkingChat('late');
    const old = alice.copy();
    exchange(alice, bob, 2);
    const late = bob.send('late');
    exchange(alice, bob);
    expect(old.receive(late)).toBe('unreadable');
    expect(alice.receive(late)).toBe('late');
  });
});

describe('two copies of one store, side by side', () => {
  test('one is taken for Alice; the other forks, then reads nothing, and both know', () => {
    const { alice, bob } = talkingChat('side by side');
    bob.receive(alice.send('a0'));
    const twin = alice.copy();

    // In the open turn both still read Bob, and Bob believes who comes first under an index.
    expect(bob.receive(twin.send('t1'))).toBe('t1');
    expect(bob.receive(alice.send('a1'))).toBe('fork');
    const answer = bob.send('b0');
    expect([alice.receive(answer), twin.receive(answer)]).toEqual(['b0', 'b0']);

    // The next turn of one shuts the other out.
    expect(bob.receive(alice.send('a2'))).toBe('a2');
    expect(bob.receive(twin.send('t2'))).toBe('fork');
    const next = bob.send('b1');
    expect([alice.receive(next), twin.receive(next)]).toEqual(['b1', 'unreadable']);
    expect(bob.receive(twin.send('t3'))).toBe('fork');
    exchange(alice, bob, 5);
    expect(bob.receive(twin.send('t4'))).toBe('fork');
    exchange(alice, bob);
    expect(bob.receive(twin.send('t5'))).toBe('unreadable');
  });

  test('the other side runs twice as well: each pair can only follow one line', () => {
    const { alice, bob } = talkingChat('two and two');
    const [aliceTwin, bobTwin] = [alice.copy(), bob.copy()];
    const [a, t] = [alice.send('a'), aliceTwin.send('t')];
    expect([bob.receive(a), bob.receive(t)]).toEqual(['a', 'fork']);
    expect([bobTwin.receive(t), bobTwin.receive(a)]).toEqual(['t', 'fork']);
    const [fromBob, fromTwin] = [bob.send('b'), bobTwin.send('bt')];
    expect([alice.receive(fromTwin), alice.receive(fromBob)]).toEqual(['unreadable', 'b']);
    expect([aliceTwin.receive(fromBob), aliceTwin.receive(fromTwin)]).toEqual(['unreadable', 'bt']);
    exchange(alice, bob);
    exchange(aliceTwin, bobTwin);
  });
});
