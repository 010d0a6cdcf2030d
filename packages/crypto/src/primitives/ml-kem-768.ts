/**
 * ML-KEM-768 (FIPS 203), from libsodium. The protocol uses it inside X-Wing only.
 *
 * libsodium makes the encapsulation key's modulus check (FIPS 203 §7.2) and rejects implicitly on decapsulation.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';

export const ML_KEM_768_PUBLIC_KEY_SIZE = 1184;
export const ML_KEM_768_PRIVATE_KEY_SIZE = 2400;
export const ML_KEM_768_CIPHERTEXT_SIZE = 1088;
export const ML_KEM_768_SEED_SIZE = 64;
export const ML_KEM_768_ENTROPY_SIZE = 32;

/** FIPS 203 §2.4.1. */
const Q = 3329;
/** 768 coefficients of 12 bits; the seed of the matrix follows. */
const COEFFICIENTS_SIZE = 1152;

/** Encapsulation key (1184 bytes) and expanded decapsulation key (2400 bytes). */
export interface MlKem768KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Secret<'ml-kem-768-private'>;
}

/** Ciphertext (1088 bytes) and shared secret (32 bytes). */
export interface MlKem768Encapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/** `ML-KEM.KeyGen_internal(d, z)` with `seed = d ‖ z`, 64 bytes. */
export function mlKem768KeyPair(seed: Uint8Array): MlKem768KeyPair {
  requireSize(seed, ML_KEM_768_SEED_SIZE, 'ML-KEM-768 seed');
  const pair = libsodium().crypto_kem_mlkem768_seed_keypair(seed);
  return { publicKey: pair.publicKey, privateKey: new Secret(pair.privateKey) };
}

/**
 * `ML-KEM.Encaps_internal(ek, m)` with `entropy = m`, 32 bytes.
 *
 * @throws {@link CryptoError} `INVALID_KEY` when the key fails the modulus check
 */
export function mlKem768Encapsulate(publicKey: Uint8Array, entropy: Uint8Array): MlKem768Encapsulation {
  requireSize(publicKey, ML_KEM_768_PUBLIC_KEY_SIZE, 'ML-KEM-768 public key');
  requireSize(entropy, ML_KEM_768_ENTROPY_SIZE, 'ML-KEM-768 entropy');
  const sodium = libsodium();
  try {
    return sodium.crypto_kem_mlkem768_enc_deterministic(publicKey, entropy);
  } catch {
    throw modulusError();
  }
}

/**
 * The modulus check of FIPS 203 §7.2 alone: every 12-bit coefficient is below q.
 *
 * Public keys are public: this need not take constant time.
 *
 * @throws {@link CryptoError} `INVALID_KEY`
 */
export function requireMlKem768PublicKey(publicKey: Uint8Array): void {
  requireSize(publicKey, ML_KEM_768_PUBLIC_KEY_SIZE, 'ML-KEM-768 public key');
  for (let i = 0; i < COEFFICIENTS_SIZE; i += 3) {
    const [a, b, c] = [publicKey[i] as number, publicKey[i + 1] as number, publicKey[i + 2] as number];
    if ((a | ((b & 0x0f) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) {
      throw modulusError();
    }
  }
}

/** The shared secret, 32 bytes; a forged ciphertext gives an unrelated one (implicit rejection, FIPS 203 §6.3). */
export function mlKem768Decapsulate(ciphertext: Uint8Array, privateKey: Secret<'ml-kem-768-private'>): Uint8Array {
  requireSize(ciphertext, ML_KEM_768_CIPHERTEXT_SIZE, 'ML-KEM-768 ciphertext');
  requireSize(privateKey.expose(), ML_KEM_768_PRIVATE_KEY_SIZE, 'ML-KEM-768 private key');
  return libsodium().crypto_kem_mlkem768_dec(ciphertext, privateKey.expose());
}

function modulusError(): CryptoError {
  return new CryptoError('INVALID_KEY', 'ML-KEM-768 public key fails the modulus check');
}
