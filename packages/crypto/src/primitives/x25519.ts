/**
 * X25519 (RFC 7748), with the checks that the libraries leave out.
 *
 * @module
 */

import { copyOf } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { requireSize } from './size.ts';
import { platformX25519, type X25519Engine, type X25519Handle } from './x25519-engine.ts';

/** Of a private key, a public key and a shared secret, in bytes. */
export const X25519_KEY_SIZE = 32;

/** The canonical encodings of the points of order 1, 2, 4 and 8, on the curve and its twist (cr.yp.to/ecdh.html). */
const LOW_ORDER: readonly Uint8Array[] = [
  littleEndian(0n),
  littleEndian(1n),
  littleEndian(2n ** 255n - 20n),
  littleEndian(325606250916557431795983626356110631294008115727848805560023387167927233504n),
  littleEndian(39382357235489614581723060781553021112529911719440698176882885853963445705823n),
];

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
    return copyOf(this.#open().publicKey);
  }

  /**
   * The raw shared secret, 32 bytes: input of a KDF, never a key.
   *
   * @throws {@link CryptoError} `INVALID_KEY` for a public key that is not canonical or of low order
   */
  agree(publicKey: Uint8Array): Uint8Array {
    requireX25519PublicKey(publicKey);
    const handle = this.#open();
    try {
      return handle.agree(publicKey);
    } catch {
      // Every engine fails when the shared secret is all zeros, in case a point of low order came so far.
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
 * Refuses public keys that are no good before anything is computed with them:
 *
 * - encodings of u ≥ p = 2^255 - 19 and those with bit 255 set: two encodings of one key would let one key appear under
 *   two names;
 * - the points of low order, whose shared secrets are all zeros (RFC 7748 §6.1).
 *
 * Public keys are public: this need not take constant time.
 *
 * @throws {@link CryptoError} `INVALID_KEY`
 */
export function requireX25519PublicKey(publicKey: Uint8Array): void {
  requireSize(publicKey, X25519_KEY_SIZE, 'X25519 public key');
  const top = publicKey[31] as number;
  // p = ed ff … ff 7f in little-endian order, so u ≥ p means: byte 31 = 7f, bytes 1 to 30 = ff, byte 0 ≥ ed.
  const atLeastP =
    top === 0x7f && (publicKey[0] as number) >= 0xed && publicKey.subarray(1, 31).every((byte) => byte === 0xff);
  if (top > 0x7f || atLeastP) {
    throw new CryptoError('INVALID_KEY', 'X25519 public key is not canonical');
  }
  if (LOW_ORDER.some((point) => point.every((byte, i) => byte === publicKey[i]))) {
    throw new CryptoError('INVALID_KEY', 'X25519 public key is of low order');
  }
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: X25519_KEY_SIZE }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}
