/**
 * X-Wing, the hybrid KEM of X25519 and ML-KEM-768 (draft-connolly-cfrg-xwing-kem-10).
 *
 * Encapsulation is libsodium's. Decapsulation is put together here (§5.4, §5.5), since libsodium expands the
 * 32-byte private key anew at each call, which is a third of the cost: a key that is made, used once and
 * wiped, as in the ratchet, expands once. A differential test holds both equal.
 *
 * Beyond the draft, both X25519 halves (in keys and ciphertexts) must be canonical and not of low order.
 *
 * @module
 */

import { shake256 } from '@noble/hashes/sha3.js';
import { concat, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import {
  ML_KEM_768_CIPHERTEXT_SIZE,
  ML_KEM_768_PUBLIC_KEY_SIZE,
  ML_KEM_768_SEED_SIZE,
  type MlKem768KeyPair,
  mlKem768Decapsulate,
  mlKem768KeyPair,
} from './ml-kem-768.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';
import { requireCanonicalX25519, X25519_KEY_SIZE, type X25519KeyPair, x25519, x25519KeyPair } from './x25519.ts';

export const X_WING_PUBLIC_KEY_SIZE = 1216;
export const X_WING_CIPHERTEXT_SIZE = 1120;
export const X_WING_SEED_SIZE = 32;
export const X_WING_ENTROPY_SIZE = 64;

/** §5.3: the ASCII art of an X-Wing. */
const X_WING_LABEL: Uint8Array = utf8('\\.//^\\');

/** Ciphertext (1120 bytes) and shared secret (32 bytes). */
export interface XWingEncapsulation {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Secret<'x-wing-shared'>;
}

/** A decapsulation key: 32 bytes to store, expanded in memory when it is first needed. */
export class XWingKeyPair {
  readonly seed: Secret<'x-wing-seed'>;
  #expanded: { readonly mlKem: MlKem768KeyPair; readonly x25519: X25519KeyPair } | undefined;

  /** Takes ownership of `seed` (32 random bytes). */
  constructor(seed: Uint8Array) {
    requireSize(seed, X_WING_SEED_SIZE, 'X-Wing seed');
    this.seed = new Secret(seed);
  }

  /** 1216 bytes: `ML-KEM-768 1184 ‖ X25519 32`. */
  get publicKey(): Uint8Array {
    const { mlKem, x25519 } = this.#expand();
    return concat(mlKem.publicKey, x25519.publicKey);
  }

  /**
   * The shared secret, 32 bytes.
   *
   * @throws {@link CryptoError} `INVALID_KEY` when the X25519 half is of low order or not canonical. A forged ML-KEM
   * half gives an unrelated secret (implicit rejection).
   */
  decapsulate(ciphertext: Uint8Array): Secret<'x-wing-shared'> {
    requireSize(ciphertext, X_WING_CIPHERTEXT_SIZE, 'X-Wing ciphertext');
    const key = this.#expand();
    const mlKemShared = mlKem768Decapsulate(ciphertext.subarray(0, ML_KEM_768_CIPHERTEXT_SIZE), key.mlKem.privateKey);
    const ephemeral = ciphertext.subarray(ML_KEM_768_CIPHERTEXT_SIZE);
    try {
      const x25519Shared = x25519(key.x25519.privateKey.expose(), ephemeral);
      // §5.3: ss = SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ XWingLabel)
      const input = concat(mlKemShared, x25519Shared, ephemeral, key.x25519.publicKey, X_WING_LABEL);
      x25519Shared.fill(0);
      const shared = libsodium().crypto_hash_sha3256(input);
      input.fill(0);
      return new Secret(shared);
    } finally {
      mlKemShared.fill(0);
    }
  }

  wipe(): void {
    this.seed.wipe();
    this.#expanded?.mlKem.privateKey.wipe();
    this.#expanded?.x25519.privateKey.wipe();
    this.#expanded = undefined;
  }

  /** §5.2: expandDecapsulationKey. */
  #expand(): { readonly mlKem: MlKem768KeyPair; readonly x25519: X25519KeyPair } {
    if (this.#expanded === undefined) {
      const expanded = shake256(this.seed.expose(), { dkLen: ML_KEM_768_SEED_SIZE + X25519_KEY_SIZE });
      this.#expanded = {
        mlKem: mlKem768KeyPair(expanded.subarray(0, ML_KEM_768_SEED_SIZE)),
        x25519: x25519KeyPair(expanded.slice(ML_KEM_768_SEED_SIZE)),
      };
      expanded.fill(0);
    }
    return this.#expanded;
  }
}

/**
 * A fresh shared secret for the owner of `publicKey` (1216 bytes); wipes `entropy` (64 random bytes).
 *
 * @throws {@link CryptoError} `INVALID_KEY`
 */
export function xWingEncapsulate(publicKey: Uint8Array, entropy: Uint8Array): XWingEncapsulation {
  requireXWingPublicKey(publicKey);
  requireSize(entropy, X_WING_ENTROPY_SIZE, 'X-Wing entropy');
  try {
    const { ciphertext, sharedSecret } = libsodium().crypto_kem_xwing_enc_deterministic(publicKey, entropy);
    return { ciphertext, sharedSecret: new Secret(sharedSecret) };
  } catch {
    throw new CryptoError('INVALID_KEY', 'X-Wing public key is of low order or fails the modulus check');
  } finally {
    entropy.fill(0);
  }
}

/**
 * The checks that need no computation; the modulus check is made by {@link xWingEncapsulate}.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` or `INVALID_KEY`
 */
export function requireXWingPublicKey(publicKey: Uint8Array): void {
  requireSize(publicKey, X_WING_PUBLIC_KEY_SIZE, 'X-Wing public key');
  requireCanonicalX25519(publicKey.subarray(ML_KEM_768_PUBLIC_KEY_SIZE));
}
