/**
 * X-Wing, the hybrid KEM of X25519 and ML-KEM-768 (draft-connolly-cfrg-xwing-kem-10).
 *
 * Put together here from the two (§5.2 to §5.5) instead of calling libsodium's, for two reasons: libsodium expands the
 * 32-byte private key anew at each decapsulation, a third of its cost, where a key of the ratchet is made, used once
 * and wiped; and the X25519 half can come from a faster engine. Differential tests hold it equal to libsodium's.
 *
 * Beyond the draft, both X25519 halves (in keys and ciphertexts) must be canonical and not of low order.
 *
 * @module
 */

import { shake256 } from '@noble/hashes/sha3.js';
import { concat, copyOf, utf8 } from '../bytes.ts';
import { Secret } from '../secret.ts';
import {
  ML_KEM_768_CIPHERTEXT_SIZE,
  ML_KEM_768_ENTROPY_SIZE,
  ML_KEM_768_PUBLIC_KEY_SIZE,
  ML_KEM_768_SEED_SIZE,
  type MlKem768KeyPair,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768KeyPair,
  requireMlKem768PublicKey,
} from './ml-kem-768.ts';
import { requireSize } from './size.ts';
import { libsodium } from './sodium.ts';
import { requireX25519PublicKey, X25519_KEY_SIZE, X25519KeyPair } from './x25519.ts';

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

interface ExpandedKey {
  readonly mlKem: MlKem768KeyPair;
  readonly x25519: X25519KeyPair;
}

/** A decapsulation key: 32 bytes to store, expanded in memory when it is first needed. */
export class XWingKeyPair {
  readonly seed: Secret<'x-wing-seed'>;
  #expanded: ExpandedKey | undefined;

  /** Takes ownership of `seed` (32 random bytes). */
  constructor(seed: Uint8Array) {
    requireSize(seed, X_WING_SEED_SIZE, 'X-Wing seed');
    this.seed = new Secret(seed);
  }

  /** 1216 bytes: `ML-KEM-768 1184 ‖ X25519 32`; each call returns new memory. */
  get publicKey(): Uint8Array {
    const { mlKem, x25519 } = this.#expand();
    return concat(mlKem.publicKey, x25519.publicKey);
  }

  /**
   * The shared secret, 32 bytes (§5.5).
   *
   * @throws {@link CryptoError} `INVALID_KEY` when the X25519 half is of low order or not canonical. A forged ML-KEM
   * half gives an unrelated secret (implicit rejection).
   */
  decapsulate(ciphertext: Uint8Array): Secret<'x-wing-shared'> {
    requireSize(ciphertext, X_WING_CIPHERTEXT_SIZE, 'X-Wing ciphertext');
    const { mlKem, x25519 } = this.#expand();
    const ephemeral = ciphertext.subarray(ML_KEM_768_CIPHERTEXT_SIZE);
    const x25519Shared = x25519.agree(ephemeral);
    const mlKemShared = mlKem768Decapsulate(ciphertext.subarray(0, ML_KEM_768_CIPHERTEXT_SIZE), mlKem.privateKey);
    return combine(mlKemShared, x25519Shared, ephemeral, x25519.publicKey);
  }

  wipe(): void {
    this.seed.wipe();
    this.#expanded?.mlKem.privateKey.wipe();
    this.#expanded?.x25519.wipe();
    this.#expanded = undefined;
  }

  /** §5.2: expandDecapsulationKey. */
  #expand(): ExpandedKey {
    if (this.#expanded === undefined) {
      const expanded = shake256(this.seed.expose(), { dkLen: ML_KEM_768_SEED_SIZE + X25519_KEY_SIZE });
      this.#expanded = {
        mlKem: mlKem768KeyPair(expanded.subarray(0, ML_KEM_768_SEED_SIZE)),
        x25519: new X25519KeyPair(copyOf(expanded.subarray(ML_KEM_768_SEED_SIZE))),
      };
      expanded.fill(0);
    }
    return this.#expanded;
  }
}

/**
 * A fresh shared secret for the owner of `publicKey` (1216 bytes), by §5.4 derandomised; wipes `entropy` (64 random
 * bytes).
 *
 * @throws {@link CryptoError} as {@link requireXWingPublicKey}
 */
export function xWingEncapsulate(publicKey: Uint8Array, entropy: Uint8Array): XWingEncapsulation {
  requireSize(entropy, X_WING_ENTROPY_SIZE, 'X-Wing entropy');
  const ephemeral = new X25519KeyPair(copyOf(entropy.subarray(ML_KEM_768_ENTROPY_SIZE)));
  try {
    requireXWingPublicKey(publicKey);
    const recipient = publicKey.subarray(ML_KEM_768_PUBLIC_KEY_SIZE);
    const x25519Shared = ephemeral.agree(recipient);
    const mlKem = mlKem768Encapsulate(
      publicKey.subarray(0, ML_KEM_768_PUBLIC_KEY_SIZE),
      entropy.subarray(0, ML_KEM_768_ENTROPY_SIZE),
    );
    const ephemeralKey = ephemeral.publicKey;
    return {
      ciphertext: concat(mlKem.ciphertext, ephemeralKey),
      sharedSecret: combine(mlKem.sharedSecret, x25519Shared, ephemeralKey, recipient),
    };
  } finally {
    ephemeral.wipe();
    entropy.fill(0);
  }
}

/**
 * Everything that can be wrong with a public key, before it is used or kept.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a wrong size; `INVALID_KEY` for a key that fails the modulus check, or
 * whose X25519 half is of low order or not canonical
 */
export function requireXWingPublicKey(publicKey: Uint8Array): void {
  requireSize(publicKey, X_WING_PUBLIC_KEY_SIZE, 'X-Wing public key');
  requireMlKem768PublicKey(publicKey.subarray(0, ML_KEM_768_PUBLIC_KEY_SIZE));
  requireX25519PublicKey(publicKey.subarray(ML_KEM_768_PUBLIC_KEY_SIZE));
}

/** §5.3: `ss = SHA3-256(ss_M ‖ ss_X ‖ ct_X ‖ pk_X ‖ XWingLabel)`; wipes both shared secrets. */
function combine(
  mlKemShared: Uint8Array,
  x25519Shared: Uint8Array,
  ephemeralKey: Uint8Array,
  recipientKey: Uint8Array,
): Secret<'x-wing-shared'> {
  const input = concat(mlKemShared, x25519Shared, ephemeralKey, recipientKey, X_WING_LABEL);
  mlKemShared.fill(0);
  x25519Shared.fill(0);
  const shared = libsodium().crypto_hash_sha3256(input);
  input.fill(0);
  return new Secret(shared);
}
