/**
 * Owner of secret bytes: wipes them, never prints them, and throws once they are gone.
 *
 * JavaScript cannot promise that no copy of a secret stays in memory (the engine may move buffers, and
 * WebAssembly has a heap of its own). Wiping shortens the time in which a memory dump finds one; it is no
 * guarantee. SECURITY.md says so too.
 *
 * @module
 */

import { copyOf } from './bytes.ts';
import { CryptoError } from './errors.ts';

const REDACTED = 'Secret(redacted)';

/**
 * Secret bytes with one purpose.
 *
 * `Purpose` exists for the compiler alone: a `Secret<'chain-key'>` cannot be passed for a `Secret<'message-key'>`.
 *
 * @example
 * ```ts
 * const key = new Secret<'demo'>(new Uint8Array(32));
 * String(key); // 'Secret(redacted)'
 * key.wipe();
 * key.expose(); // throws CryptoError SECRET_WIPED
 * ```
 */
export class Secret<Purpose extends string = string> {
  /** For the compiler alone; no value at run time. */
  declare readonly purpose: Purpose;
  readonly #bytes: Uint8Array;
  #wiped = false;

  /** Takes ownership of `bytes`: the caller must not use them afterwards. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Size in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  get wiped(): boolean {
    return this.#wiped;
  }

  /**
   * Lends the bytes themselves, not a copy; they become zeros at {@link wipe}.
   *
   * @throws {@link CryptoError} `SECRET_WIPED`
   */
  expose(): Uint8Array {
    if (this.#wiped) {
      throw new CryptoError('SECRET_WIPED', 'this secret was wiped');
    }
    return this.#bytes;
  }

  /** A second owner of the same bytes, so that either can be wiped alone. */
  clone(): Secret<Purpose> {
    return new Secret<Purpose>(copyOf(this.expose()));
  }

  /** Overwrites the bytes with zeros; a second call does nothing. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  // Node's `util.inspect` and `console.log` look for this symbol.
  static {
    Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: () => REDACTED });
  }
}
