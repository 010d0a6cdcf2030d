/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2), from libsodium.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';

export const XCHACHA_KEY_SIZE = 32;
/** Long enough to be drawn at random for the life of a key. */
export const XCHACHA_NONCE_SIZE = 24;
export const XCHACHA_TAG_SIZE = 16;

/** `plaintext.length + 16` bytes. */
export function xchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  requireSize(key, XCHACHA_KEY_SIZE, 'XChaCha20-Poly1305 key');
  requireSize(nonce, XCHACHA_NONCE_SIZE, 'XChaCha20-Poly1305 nonce');
  return libsodium().crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associatedData, null, nonce, key);
}

/** @throws {@link CryptoError} `AUTHENTICATION_FAILED` */
export function xchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const plaintext = xchachaTryOpen(key, nonce, ciphertext, associatedData);
  if (plaintext === undefined) {
    throw new CryptoError('AUTHENTICATION_FAILED', 'ciphertext does not authenticate');
  }
  return plaintext;
}

/** Like {@link xchachaOpen}, but `undefined` when it does not authenticate: for trial decryption. */
export function xchachaTryOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array | undefined {
  requireSize(key, XCHACHA_KEY_SIZE, 'XChaCha20-Poly1305 key');
  requireSize(nonce, XCHACHA_NONCE_SIZE, 'XChaCha20-Poly1305 nonce');
  const sodium = libsodium();
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, associatedData, nonce, key);
  } catch {
    return undefined;
  }
}
