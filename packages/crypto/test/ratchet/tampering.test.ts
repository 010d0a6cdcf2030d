import { describe, expect, test } from 'vitest';
import { decryptMessage, type RatchetState } from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { type Device, exchange, talkingChat } from './device.ts';
import { untouched } from './untouched.ts';

const HEADER_START = 24;
const BODY_START = 24 + 2361;

/** Runs all of `forgeries` past `state` and asserts that none opens and that nothing changes. */
function expectUnreadable(state: RatchetState, forgeries: Iterable<Uint8Array>): void {
  untouched(state, () => {
    for (const forgery of forgeries) {
      const { outcome } = decryptMessage(state, forgery, NOW);
      if (outcome !== 'unreadable') {
        expect(outcome).toBe('unreadable');
      }
    }
  });
}

/** `envelope` with one bit flipped, for each bit of each byte from `from`, `step` bytes apart. */
function* flips(envelope: Uint8Array, bits: readonly number[], step = 1, from = 0): Generator<Uint8Array> {
  for (let i = from; i < envelope.length; i += step) {
    for (const bit of bits) {
      const forged = envelope.slice();
      forged[i] = (forged[i] as number) ^ (1 << bit);
      yield forged;
    }
  }
}

/** An envelope put together from the parts of others. */
function splice(nonce: Uint8Array, header: Uint8Array, body: Uint8Array): Uint8Array {
  const forged = body.slice();
  forged.set(nonce.subarray(0, HEADER_START));
  forged.set(header.subarray(HEADER_START, BODY_START), HEADER_START);
  return forged;
}

function resized(envelope: Uint8Array, size: number): Uint8Array {
  const forged = new Uint8Array(size);
  forged.set(envelope.subarray(0, size));
  return forged;
}

/** The envelope itself still opens: the forgeries were refused for what they changed. */
function expectOpens(device: Device, envelope: Uint8Array, text: string): void {
  expect(device.receive(envelope)).toBe(text);
}

describe('a flipped bit', () => {
  test('anywhere in an envelope of the newest turn', () => {
    const { alice, bob } = talkingChat('newest turn');
    const envelope = bob.send('next');
    expectUnreadable(alice.state, flips(envelope, [0, 1, 2, 3, 4, 5, 6, 7]));
    expectOpens(alice, envelope, 'next');
  });

  test('in any byte of an envelope that begins a turn', () => {
    const { alice, bob } = talkingChat('new turn');
    const envelope = alice.send('first');
    expectUnreadable(bob.state, flips(envelope, [7]));
    expectOpens(bob, envelope, 'first');
  });

  test('in any byte of a late envelope, of the newest turn and of an old one', () => {
    const { alice, bob } = talkingChat('late');
    const [older, old] = [bob.send('older'), bob.send('old')];
    exchange(alice, bob);
    const late = bob.send('late');
    expectOpens(alice, bob.send('on time'), 'on time');
    for (const [envelope, text] of [
      [late, 'late'],
      [old, 'old'],
      [older, 'older'],
    ] as const) {
      expectUnreadable(alice.state, flips(envelope, [3], 3));
      expectOpens(alice, envelope, text);
    }
  });

  test('in a large envelope', () => {
    const { alice, bob } = talkingChat('large');
    const envelope = bob.send('large', 'large');
    expectUnreadable(alice.state, flips(envelope, [0], 5));
    expectOpens(alice, envelope, 'large');
  });

  test('in the body of a copy of what was read: a duplicate still, since its header is one', () => {
    const { alice, bob } = talkingChat('changed copy');
    const envelope = bob.send('once');
    expectOpens(alice, envelope, 'once');
    const [changedNonce] = flips(envelope, [0]);
    const [changedHeader] = flips(envelope, [0], 1, HEADER_START);
    const [changedBody] = flips(envelope, [0], 1, BODY_START);
    expect(alice.receive(changedNonce as Uint8Array)).toBe('unreadable');
    expect(alice.receive(changedHeader as Uint8Array)).toBe('unreadable');
    expect(alice.receive(changedBody as Uint8Array)).toBe('duplicate');
  });
});

describe('another size', () => {
  test('is refused, however short or long', () => {
    const { alice, bob } = talkingChat('sizes');
    const envelope = bob.send('whole');
    untouched(alice.state, () => {
      for (const size of [0, 1, 23, 24, 2385, 4095, 4097, 8192, 16_383, 16_385, 65_536]) {
        expectCode('MALFORMED', () => decryptMessage(alice.state, resized(envelope, size), NOW));
      }
    });
    expectOpens(alice, envelope, 'whole');
  });

  test('of the other class: the size is authenticated', () => {
    const { alice, bob } = talkingChat('classes');
    const [standard, large] = [bob.send('standard'), bob.send('large', 'large')];
    expectUnreadable(alice.state, [resized(standard, 16_384), resized(large, 4096)]);
    expectOpens(alice, large, 'large');
    expectOpens(alice, standard, 'standard');
    expectUnreadable(bob.state, [resized(alice.send('new turn'), 16_384), resized(alice.send('big', 'large'), 4096)]);
  });
});

describe('envelopes put together anew', () => {
  test('from the parts of two of one turn', () => {
    const { alice, bob } = talkingChat('parts');
    const [x, y] = [bob.send('x'), bob.send('y')];
    const swaps = [
      splice(x, x, y),
      splice(x, y, x),
      splice(y, x, x),
      splice(x, y, y),
      splice(y, x, y),
      splice(y, y, x),
    ];
    expectUnreadable(alice.state, swaps);
    expectOpens(alice, y, 'y');
    expectUnreadable(alice.state, [splice(x, x, y), splice(y, x, x), splice(y, x, y)]);
    expectOpens(alice, x, 'x');
  });

  test('from the parts of two turns', () => {
    const { alice, bob } = talkingChat('turns');
    const late = bob.send('late');
    exchange(alice, bob);
    const next = alice.send('a');
    bob.receive(next);
    const fresh = bob.send('fresh');
    expectUnreadable(alice.state, [splice(fresh, fresh, late), splice(late, late, fresh), splice(fresh, late, fresh)]);
    expectOpens(alice, fresh, 'fresh');
    expectOpens(alice, late, 'late');
  });

  test('with the header of one size and the body of the other', () => {
    const { alice, bob } = talkingChat('mixed sizes');
    const [standard, large] = [bob.send('standard'), bob.send('large', 'large')];
    expectUnreadable(alice.state, [splice(standard, standard, large), splice(large, large, standard)]);
  });
});

describe('envelopes that belong elsewhere', () => {
  test('in another chat of the same two devices', () => {
    const { alice } = talkingChat('one chat');
    const other = talkingChat('another chat');
    expectUnreadable(alice.state, [other.bob.send('not for here'), other.alice.send('nor this')]);
  });

  test('with who sent them: nothing is readable in the wrong direction', () => {
    const { alice, bob } = talkingChat('reflection');
    const [fromBob, fromAlice] = [bob.send('b'), alice.send('a')];
    expectUnreadable(bob.state, [fromBob]);
    expectUnreadable(alice.state, [fromAlice]);
    expectOpens(bob, fromAlice, 'a');
    expectOpens(alice, fromBob, 'b');
  });

  test('anywhere: zeros and noise', () => {
    const { alice } = talkingChat('noise');
    const noise = new Uint8Array(4096).map((_, i) => (i * 167 + (i >> 3)) & 255);
    expectUnreadable(alice.state, [new Uint8Array(4096), new Uint8Array(16_384), noise]);
  });
});
