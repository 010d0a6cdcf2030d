/**
 * A device's identity: one Ed25519 key pair, and the same secret as an X25519 key for the handshake.
 *
 * Spec: docs/protocol/handshake.md §1.
 *
 * @module
 */

import {
  ED25519_PUBLIC_KEY_SIZE,
  ED25519_SEED_SIZE,
  ed25519KeyPair,
  ed25519Sign,
  ed25519ToX25519Private,
  type RandomSource,
  requireSize,
  X25519KeyPair,
} from '../primitives/index.ts';
import { Secret } from '../secret.ts';

/** Size of an identity key (`IK`), an Ed25519 public key. */
export const IDENTITY_KEY_SIZE: number = ED25519_PUBLIC_KEY_SIZE;

/** Who a device is. One device, one identity. */
export class Identity {
  /** `IK`, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #seed: Secret<'identity-seed'>;
  readonly #signing: Secret<'ed25519-private'>;
  readonly #agreement: X25519KeyPair;

  private constructor(seed: Uint8Array) {
    const pair = ed25519KeyPair(seed);
    this.publicKey = pair.publicKey;
    this.#seed = new Secret(seed);
    this.#signing = pair.privateKey;
    this.#agreement = new X25519KeyPair(ed25519ToX25519Private(pair.privateKey).expose());
  }

  static generate(random: RandomSource): Identity {
    return new Identity(random(ED25519_SEED_SIZE));
  }

  /**
   * Restores an identity from {@link Identity.seed}; takes ownership of `seed`.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` unless it is 32 bytes
   */
  static fromSeed(seed: Uint8Array): Identity {
    requireSize(seed, ED25519_SEED_SIZE, 'identity seed');
    return new Identity(seed);
  }

  /** What a store keeps, sealed: 32 bytes. */
  get seed(): Secret<'identity-seed'> {
    return this.#seed;
  }

  /** The X25519 form (RFC 7748 §4.1); for the handshake's Diffie–Hellman alone. */
  get agreementKey(): X25519KeyPair {
    return this.#agreement;
  }

  /** 64 bytes. `message` starts with the label of its purpose. */
  sign(message: Uint8Array): Uint8Array {
    return ed25519Sign(message, this.#signing);
  }

  wipe(): void {
    this.#seed.wipe();
    this.#signing.wipe();
    this.#agreement.wipe();
  }
}
