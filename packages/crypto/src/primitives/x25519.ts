/**
 * X25519 (RFC 7748), from libsodium, with the checks that libsodium leaves out.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';

export const X25519_KEY_SIZE = 32;

/** Public and private key, 32 bytes each. */
export interface X25519KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Secret<'x25519-private'>;
}

/** Takes ownership of `privateKey` (32 random bytes). */
export function x25519KeyPair(privateKey: Uint8Array): X25519KeyPair {
  requireSize(privateKey, X25519_KEY_SIZE, 'X25519 private key');
  return {
    publicKey: libsodium().crypto_scalarmult_base(privateKey),
    privateKey: new Secret(privateKey),
  };
}

/**
 * The raw shared secret, 32 bytes: input of a KDF, never a key.
 *
 * @throws {@link CryptoError} `INVALID_KEY` for a public key that is not canonical or of low order
 */
export function x25519(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  requireSize(privateKey, X25519_KEY_SIZE, 'X25519 private key');
  requireCanonicalX25519(publicKey);
  try {
    return libsodium().crypto_scalarmult(privateKey, publicKey);
  } catch {
    // libsodium fails exactly when the shared secret is all zeros (RFC 7748 §6.1).
    throw new CryptoError('INVALID_KEY', 'X25519 public key is of low order');
  }
}

/**
 * Refuses encodings of u ≥ p = 2^255 - 19 and those with bit 255 set: two encodings of one key would let one
 * key appear under two names.
 *
 * Public keys are public: this need not take constant time.
 *
 * @throws {@link CryptoError} `INVALID_KEY`
 */
export function requireCanonicalX25519(publicKey: Uint8Array): void {
  requireSize(publicKey, X25519_KEY_SIZE, 'X25519 public key');
  const top = publicKey[31] as number;
  // p = ed ff … ff 7f in little-endian order, so u ≥ p means: byte 31 = 7f, bytes 1 to 30 = ff, byte 0 ≥ ed.
  const atLeastP =
    top === 0x7f && (publicKey[0] as number) >= 0xed && publicKey.subarray(1, 31).every((byte) => byte === 0xff);
  if (top > 0x7f || atLeastP) {
    throw new CryptoError('INVALID_KEY', 'X25519 public key is not canonical');
  }
}
