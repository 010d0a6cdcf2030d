/**
 * Checks of what callers of a store pass: a mistake must reject that one call, and never reach an engine.
 *
 * @module
 */

import { type Hash, StoreError } from './relay-store.ts';

const HASH_SIZE = 32;

/** @throws RangeError unless it is 32 bytes */
export function checkHash(hash: Hash): void {
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_SIZE) {
    throw new RangeError('a name in the store is a hash of 32 bytes');
  }
}

/** @throws TypeError unless it is bytes */
export function checkBytes(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError('a body is a Uint8Array');
  }
}

/** Times, sizes and counts. @throws RangeError unless it is a whole number, at least `min` */
export function checkCount(value: number, min = 0): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`a time, size or count is a whole number, at least ${min}`);
  }
}

/** @throws RangeError unless the range lies inside `size` bytes */
export function checkRange(offset: number, length: number, size: number): void {
  checkCount(offset);
  checkCount(length);
  if (offset + length > size) {
    throw new RangeError(`a range ends after the ${size} bytes of the piece`);
  }
}

/** What every call of a closed store rejects with. */
export function closedError(): StoreError {
  return new StoreError('CLOSED', 'the store was closed');
}

/** A hash as a key of a map, and as the name of a file. */
export function hexOf(hash: Hash): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex');
}
