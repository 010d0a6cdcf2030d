import { describe, expect, test } from 'vitest';
import {
  ML_KEM_768_CIPHERTEXT_SIZE,
  ML_KEM_768_PUBLIC_KEY_SIZE,
  requireXWingPublicKey,
  XWingKeyPair,
  xWingEncapsulate,
} from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('x-wing unit');
const pair = new XWingKeyPair(random(32));

/** A valid public key or ciphertext with another X25519 half. */
function withX25519(bytes: Uint8Array, half: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(half, bytes.length - 32);
  return changed;
}

const NOT_CANONICAL = new Uint8Array(32).fill(0xff);
const LOW_ORDER = new Uint8Array(32);

test('both sides get the same secret', () => {
  const { ciphertext, sharedSecret } = xWingEncapsulate(pair.publicKey, random(64));
  expect(ciphertext).toHaveLength(1120);
  expect(pair.publicKey).toHaveLength(1216);
  expect(sharedSecret.length).toBe(32);
  expect(pair.decapsulate(ciphertext).expose()).toEqual(sharedSecret.expose());
});

test('a flipped bit in either half of a ciphertext gives another secret', () => {
  const { ciphertext, sharedSecret } = xWingEncapsulate(pair.publicKey, random(64));
  for (const index of [0, ML_KEM_768_CIPHERTEXT_SIZE - 1, ML_KEM_768_CIPHERTEXT_SIZE]) {
    const forged = ciphertext.slice();
    forged[index] = (forged[index] as number) ^ 1;
    expect(pair.decapsulate(forged).expose()).not.toEqual(sharedSecret.expose());
  }
});

describe('keys that are refused', () => {
  test('an X25519 half that is not canonical, before anything is computed', () => {
    const publicKey = withX25519(pair.publicKey, NOT_CANONICAL);
    expectCode('INVALID_KEY', () => requireXWingPublicKey(publicKey));
    expectCode('INVALID_KEY', () => xWingEncapsulate(publicKey, random(64)));
  });

  test('an X25519 half of low order', () => {
    expectCode('INVALID_KEY', () => xWingEncapsulate(withX25519(pair.publicKey, LOW_ORDER), random(64)));
  });

  test('an ML-KEM half with a coefficient over the modulus', () => {
    const publicKey = pair.publicKey;
    publicKey.fill(0xff, 0, ML_KEM_768_PUBLIC_KEY_SIZE);
    expectCode('INVALID_KEY', () => xWingEncapsulate(publicKey, random(64)));
  });

  test.each([
    ['not canonical', NOT_CANONICAL],
    ['of low order', LOW_ORDER],
  ])("a ciphertext's X25519 half that is %s", (_, half) => {
    const { ciphertext } = xWingEncapsulate(pair.publicKey, random(64));
    expectCode('INVALID_KEY', () => pair.decapsulate(withX25519(ciphertext, half)));
  });
});

describe('secrets', () => {
  test('entropy is wiped, on failure too', () => {
    const [used, wasted] = [random(64), random(64)];
    xWingEncapsulate(pair.publicKey, used);
    expectCode('INVALID_KEY', () => xWingEncapsulate(withX25519(pair.publicKey, LOW_ORDER), wasted));
    expect([used, wasted]).toEqual([new Uint8Array(64), new Uint8Array(64)]);
  });

  test('a wiped key pair is gone, whether it was expanded or not', () => {
    const [fresh, expanded] = [new XWingKeyPair(random(32)), new XWingKeyPair(random(32))];
    const { ciphertext } = xWingEncapsulate(expanded.publicKey, random(64));
    for (const key of [fresh, expanded]) {
      key.wipe();
      expectCode('SECRET_WIPED', () => key.decapsulate(ciphertext));
      expectCode('SECRET_WIPED', () => key.publicKey);
    }
  });
});

test('wrong sizes', () => {
  expectCode('INVALID_ARGUMENT', () => new XWingKeyPair(random(33)));
  expectCode('INVALID_ARGUMENT', () => requireXWingPublicKey(random(1215)));
  expectCode('INVALID_ARGUMENT', () => xWingEncapsulate(pair.publicKey, random(32)));
  expectCode('INVALID_ARGUMENT', () => pair.decapsulate(random(1119)));
});
