/**
 * Size checks that every primitive makes before it hands bytes to a library.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `bytes` are exactly `size` bytes. */
export function requireSize(bytes: Uint8Array, size: number, what: string): void {
  if (!(bytes instanceof Uint8Array) || bytes.length !== size) {
    throw new CryptoError('INVALID_ARGUMENT', `${what} must be ${size} bytes`);
  }
}
