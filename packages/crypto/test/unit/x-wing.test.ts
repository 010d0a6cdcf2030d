import { expect, test } from 'vitest';
import { CryptoError, systemRandom, XWingKeyPair, xWingEncapsulate } from '../../src/index.ts';

test('probe', () => {
  const k = new XWingKeyPair(systemRandom(32));
  const e = xWingEncapsulate(k.publicKey, systemRandom(64));
  expect(k.decapsulate(e.ciphertext).expose()).toEqual(e.sharedSecret.expose());
  const pk = k.publicKey;
  pk.fill(0, 1184);
  expect(() => xWingEncapsulate(pk, systemRandom(64))).toThrow(CryptoError);
  const pk2 = k.publicKey;
  pk2.fill(0xff, 0, 1184);
  expect(() => xWingEncapsulate(pk2, systemRandom(64))).toThrow(CryptoError);
});
