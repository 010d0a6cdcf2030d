/**
 * Structured data by its schema, with the errors of this package.
 *
 * Spec: docs/protocol/content.md §1.
 *
 * @module
 */

import { CborError, type Codec, decodeWith, encodeWith } from '@secret-chat/cbor';
import { CryptoError } from './errors.ts';

/** @throws {@link CryptoError} `INVALID_ARGUMENT` when `value` breaks the schema */
export function encodeStructured<T>(codec: Pick<Codec<T>, 'encode'>, value: T, what: string): Uint8Array {
  return withCryptoErrors(() => encodeWith(codec, value, what));
}

/** @throws {@link CryptoError} `MALFORMED` */
export function decodeStructured<T>(codec: Codec<T>, encoded: Uint8Array): T {
  return withCryptoErrors(() => decodeWith(codec, encoded));
}

function withCryptoErrors<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof CborError ? new CryptoError(error.code, error.message) : error;
  }
}
