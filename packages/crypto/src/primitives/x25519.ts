/**
 * X25519 (RFC 7748), with the checks that the libraries leave out.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { requireSize } from './size.ts';
import { platformX25519, type X25519Engine, type X25519Handle } from './x25519-engine.ts';

export const X25519_KEY_SIZE = 32;

/** A key pair, taken over by the platform's engine when it is first needed. */
export class X25519KeyPair {
  /** 32 bytes. */
  readonly privateKey: Secret<'x25519-private'>;
  readonly #engine: X25519Engine;
  #handle: X25519Handle | undefined;

  /** Takes ownership of `privateKey` (32 random bytes). */
  constructor(privateKey: Uint8Array, engine: X25519Engine = platformX25519()) {
    requireSize(privateKey, X25519_KEY_SIZE, 'X25519 private key');
    this.privateKey = new Secret(privateKey);
    this.#engine = engine;
  }

  /** 32 bytes; each call returns new memory. */
  get publicKey(): Uint8Array {
    return this.#open().publicKey.slice();
  }

  /**
   * The raw shared secret, 32 bytes: input of a KDF, never a key.
   *
   * @throws {@link CryptoError} `INVALID_KEY` for a public key that is not canonical or of low order
   */
  agree(publicKey: Uint8Array): Uint8Array {
    requireCanonicalX25519(publicKey);
    const handle = this.#open();
    try {
      return handle.agree(publicKey);
    } catch {
      // Every engine fails exactly when the shared secret is all zeros (RFC 7748 §6.1).
      throw new CryptoError('INVALID_KEY', 'X25519 public key is of low order');
    }
  }

  wipe(): void {
    this.privateKey.wipe();
    this.#handle = undefined;
  }

  /** A wiped key throws here. */
  #open(): X25519Handle {
    const bytes = this.privateKey.expose();
    this.#handle ??= this.#engine.open(bytes);
    return this.#handle;
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
