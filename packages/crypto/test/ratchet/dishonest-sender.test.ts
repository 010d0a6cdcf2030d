import { describe, expect, test } from 'vitest';
import { decryptMessage, X_WING_CIPHERTEXT_SIZE, X_WING_PUBLIC_KEY_SIZE } from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { type Device, exchange, talkingChat } from './device.ts';
import { forge } from './dishonest-sender.ts';
import { untouched } from './untouched.ts';

const random = seededRandom('dishonest sender');
const LARGEST = 0xffff_ffff;

function withX25519(ciphertext: Uint8Array, half: Uint8Array): Uint8Array {
  const changed = ciphertext.slice();
  changed.set(half, ciphertext.length - 32);
  return changed;
}

/** Alice has sent the first envelope of a new turn, which Bob has not read; his newest turn of hers had two. */
function begun(): { alice: Device; bob: Device; first: Uint8Array } {
  const { alice, bob } = talkingChat('dishonest');
  for (const envelope of alice.sendMany(2)) {
    bob.receive(envelope);
  }
  alice.receive(bob.send('answer'));
  return { alice, bob, first: alice.send('first') };
}

/** The same once Bob has read it. */
function going(): { alice: Device; bob: Device } {
  const { alice, bob, first } = begun();
  expect(bob.receive(first)).toBe('first');
  return { alice, bob };
}

test('an honest header put together by hand is read: the forgeries below fail for what they change', () => {
  const { alice, bob } = begun();
  expect(bob.receive(forge(alice.state, {}))).toBe('forged');
});

describe('a new turn', () => {
  test('that makes the last one shorter than what was read of it is a fork', () => {
    const { alice, bob, first } = begun();
    for (const pn of [0, 1]) {
      expect(bob.receive(forge(alice.state, { pn }))).toBe('fork');
    }
    expect(bob.receive(first)).toBe('first');
  });

  test('that begins far too late is over the limit before any key is derived', () => {
    const { alice, bob, first } = begun();
    for (const header of [{ n: 1001 }, { n: LARGEST }, { pn: LARGEST, n: LARGEST }]) {
      const envelope = forge(alice.state, header);
      untouched(bob.state, () => expectCode('SKIP_LIMIT', () => decryptMessage(bob.state, envelope, NOW)));
    }
    expect(bob.receive(first)).toBe('first');
  });

  test('that makes the last one far too long is read; the keys over the limit are given up', () => {
    const { alice, bob } = begun();
    expect(bob.receive(forge(alice.state, { pn: LARGEST }))).toBe('forged');
  });

  test.each([
    ['of low order', new Uint8Array(32)],
    ['that is not canonical', new Uint8Array(32).fill(0xff)],
    ['of another key', random(32).with(31, 0x11)],
  ])('whose KEM ciphertext has an X25519 half %s is unreadable', (_, half) => {
    const { alice, bob, first } = begun();
    const kemCiphertext = withX25519(alice.state.sending?.kemCiphertext as Uint8Array, half);
    expect(bob.receive(forge(alice.state, { kemCiphertext }))).toBe('unreadable');
    expect(bob.receive(first)).toBe('first');
  });

  test('whose KEM ciphertext is random is unreadable', () => {
    const { alice, bob, first } = begun();
    const kemCiphertext = random(X_WING_CIPHERTEXT_SIZE).with(X_WING_CIPHERTEXT_SIZE - 1, 0);
    expect(bob.receive(forge(alice.state, { kemCiphertext }))).toBe('unreadable');
    expect(bob.receive(first)).toBe('first');
  });

  test('with a bad public key is unreadable: kept, it would be a chat in which nothing can be sent', () => {
    const { alice, bob, first } = begun();
    const publicKey = alice.state.sending?.publicKey as Uint8Array;
    const bad = [
      new Uint8Array(X_WING_PUBLIC_KEY_SIZE).fill(0xff),
      withX25519(publicKey, new Uint8Array(32)),
      withX25519(publicKey, new Uint8Array(32).fill(0xff)),
      publicKey.with(0, 0xff).with(1, 0xff),
    ];
    for (const each of bad) {
      expect(bob.receive(forge(alice.state, { publicKey: each }))).toBe('unreadable');
    }
    expect(bob.receive(first)).toBe('first');
    expect(alice.receive(bob.send('answer'))).toBe('answer');
  });

  test('with flags that this version does not know is unreadable', () => {
    const { alice, bob, first } = begun();
    for (const flags of [1, 2, 0x80, 0xff]) {
      expect(bob.receive(forge(alice.state, { flags }))).toBe('unreadable');
    }
    expect(bob.receive(first)).toBe('first');
  });
});

describe('a turn that goes on', () => {
  test('with another key or ciphertext is a fork', () => {
    const { alice, bob } = going();
    const publicKey = random(X_WING_PUBLIC_KEY_SIZE);
    const kemCiphertext = random(X_WING_CIPHERTEXT_SIZE);
    for (const header of [{ publicKey }, { kemCiphertext }, { publicKey, kemCiphertext }]) {
      expect(bob.receive(forge(alice.state, header))).toBe('fork');
    }
    expect(bob.receive(alice.send('on'))).toBe('on');
  });

  test('under an index that was read is a fork, under the largest it is over the limit', () => {
    const { alice, bob } = going();
    expect(bob.receive(forge(alice.state, { n: 0 }))).toBe('fork');
    const envelope = forge(alice.state, { n: LARGEST });
    untouched(bob.state, () => expectCode('SKIP_LIMIT', () => decryptMessage(bob.state, envelope, NOW)));
    expect(bob.receive(alice.send('on'))).toBe('on');
  });

  test('may say anything of the turn before: that was settled when it began', () => {
    const { alice, bob } = going();
    expect(bob.receive(forge(alice.state, { pn: 0 }))).toBe('forged');
    expect(bob.receive(forge(alice.state, { pn: LARGEST, n: 2 }, 'again'))).toBe('again');
    // The real envelope number 1 comes too late.
    expect(bob.receive(alice.send('on'))).toBe('fork');
  });
});

describe('an old turn', () => {
  test('that goes on beyond its length, or with another key, is a fork', () => {
    const { alice, bob } = going();
    const old = alice.copy();
    exchange(bob, alice, 2);
    expect(bob.receive(forge(old.state, { n: 1 }))).toBe('fork');
    expect(bob.receive(forge(old.state, { n: LARGEST }))).toBe('fork');
    expect(bob.receive(forge(old.state, { n: 0, publicKey: random(X_WING_PUBLIC_KEY_SIZE) }))).toBe('fork');
    exchange(bob, alice);
  });
});
