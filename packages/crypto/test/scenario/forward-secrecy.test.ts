import { afterEach, beforeEach, expect, test } from 'vitest';
import { exchange, talkingChat } from '../ratchet/device.ts';
import { peek } from '../ratchet/eavesdropper.ts';
import { SealingRecorder } from '../ratchet/sealing-recorder.ts';

let recorder: SealingRecorder;
beforeEach(() => {
  recorder = new SealingRecorder();
});
afterEach(() => recorder.close());

/** How many of the keys that sealed a body so far lie somewhere in `store`. */
function keysIn(store: Uint8Array, keys: readonly Uint8Array[] = recorder.messageKeys): number {
  const searched = Buffer.from(store.buffer, store.byteOffset, store.length);
  return keys.filter((key) => searched.includes(Buffer.from(key))).length;
}

test('a store cannot open a message that was read before it, by either side', () => {
  const { alice, bob } = talkingChat('read before');
  const [b0, b1, b2] = bob.sendMany(3) as [Uint8Array, Uint8Array, Uint8Array];
  const stores = [b0, b1, b2].map((envelope) => {
    alice.receive(envelope);
    return alice.store();
  });
  expect(stores.map((store) => peek(store, b0))).toEqual(['duplicate', 'duplicate', 'duplicate']);
  expect(stores.map((store) => peek(store, b1))).toEqual(['m1', 'duplicate', 'duplicate']);
  expect(stores.map((store) => peek(store, b2))).toEqual(['m2', 'm2', 'duplicate']);
  // Who sent it cannot read it either.
  expect([b0, b1, b2].map((envelope) => peek(bob.store(), envelope))).toEqual(Array(3).fill('unreadable'));
});

test('no key of a message that was read lies in a store, for many turns with delays and losses', () => {
  const { alice, bob } = talkingChat('keys');
  recorder.sealings.length = 0;
  const late: Uint8Array[] = [];
  for (let turn = 0; turn < 4; turn++) {
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const [first, second, third] = from.sendMany(3) as [Uint8Array, Uint8Array, Uint8Array];
      to.receive(third);
      to.receive(first);
      if (to === bob) {
        late.push(second);
      } else {
        to.receive(second);
      }
      expect(keysIn(from.store())).toBe(from === alice ? 0 : late.length);
    }
  }
  // The search finds what is there: the four keys that Bob still owes.
  expect(keysIn(bob.store())).toBe(4);
  expect(keysIn(alice.store())).toBe(0);
  for (const [i, envelope] of late.entries()) {
    expect(bob.receive(envelope)).toBe('m1');
    expect(keysIn(bob.store())).toBe(late.length - 1 - i);
  }
});

test('a turn that is given up leaves none of its keys', () => {
  const { alice, bob } = talkingChat('given up');
  recorder.sealings.length = 0;
  alice.send('lost');
  bob.receive(alice.send('read'));
  const keys = recorder.messageKeys;
  exchange(bob, alice, 5);
  expect(keysIn(bob.store(), keys)).toBe(1);
  exchange(bob, alice);
  expect(keysIn(bob.store(), keys)).toBe(0);
});
