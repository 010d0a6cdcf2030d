/**
 * Ed25519 signatures (RFC 8032) and the birational map to X25519 (RFC 7748 §4.1), from libsodium.
 *
 * libsodium refuses small-order and non-canonical public keys and malleable signatures.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';

export const ED25519_PUBLIC_KEY_SIZE = 32;
export const ED25519_SEED_SIZE = 32;
export const ED25519_SIGNATURE_SIZE = 64;

/** Public key (32 bytes) and libsodium's private key (`seed 32 ‖ public key 32`). */
export interface Ed25519KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Secret<'ed25519-private'>;
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `seed` is 32 bytes. */
export function ed25519KeyPair(seed: Uint8Array): Ed25519KeyPair {
  requireSize(seed, ED25519_SEED_SIZE, 'Ed25519 seed');
  const pair = libsodium().crypto_sign_seed_keypair(seed);
  return { publicKey: pair.publicKey, privateKey: new Secret(pair.privateKey) };
}

/** 64 bytes, deterministic. */
export function ed25519Sign(message: Uint8Array, privateKey: Secret<'ed25519-private'>): Uint8Array {
  return libsodium().crypto_sign_detached(message, privateKey.expose());
}

/**
 * @throws {@link CryptoError} `INVALID_SIGNATURE` when it does not verify; `INVALID_ARGUMENT` for a public key of a
 * wrong size
 */
export function ed25519Verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): void {
  requireSize(publicKey, ED25519_PUBLIC_KEY_SIZE, 'Ed25519 public key');
  const valid =
    signature.length === ED25519_SIGNATURE_SIZE &&
    libsodium().crypto_sign_verify_detached(signature, message, publicKey);
  if (!valid) {
    throw new CryptoError('INVALID_SIGNATURE', 'Ed25519 signature does not verify');
  }
}

/**
 * The X25519 public key of the same secret. The map loses the sign of x, so whatever must be bound to an
 * identity binds its Ed25519 bytes.
 *
 * @throws {@link CryptoError} `INVALID_KEY` for bytes that are no point of the main subgroup
 */
export function ed25519ToX25519Public(publicKey: Uint8Array): Uint8Array {
  requireSize(publicKey, ED25519_PUBLIC_KEY_SIZE, 'Ed25519 public key');
  const sodium = libsodium();
  try {
    return sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey);
  } catch {
    throw new CryptoError('INVALID_KEY', 'not an Ed25519 public key');
  }
}

/** The X25519 private key (32 bytes, clamped) of the same secret. */
export function ed25519ToX25519Private(privateKey: Secret<'ed25519-private'>): Secret<'x25519-private'> {
  return new Secret(libsodium().crypto_sign_ed25519_sk_to_curve25519(privateKey.expose()));
}
