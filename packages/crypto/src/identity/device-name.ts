/**
 * The name a device shows: 1 to 63 bytes of UTF-8, always carried as 64 padded bytes.
 *
 * Spec: docs/protocol/handshake.md §1.2.
 *
 * @module
 */

import { fromUtf8, pad, unpad, utf8 } from '../bytes.ts';
import { type Codec, text } from '../cbor/codec.ts';
import { CryptoError } from '../errors.ts';

/** Size of a padded name. */
export const PADDED_NAME_SIZE = 64;
/** Longest name: the padding takes at least one byte. */
export const MAX_NAME_SIZE: number = PADDED_NAME_SIZE - 1;

/** A device name in a structured message. */
export const deviceName: Codec<string> = text(MAX_NAME_SIZE, 1);

/** The name as 64 bytes. @throws {@link CryptoError} `INVALID_ARGUMENT` */
export function encodeDeviceName(name: string): Uint8Array {
  const bytes = utf8(name);
  // A lone surrogate does not survive the way to UTF-8 and back.
  if (bytes.length === 0 || bytes.length > MAX_NAME_SIZE || fromUtf8(bytes) !== name) {
    throw new CryptoError('INVALID_ARGUMENT', `a device name must be 1 to ${MAX_NAME_SIZE} bytes of UTF-8`);
  }
  return pad(bytes, PADDED_NAME_SIZE);
}

/** @throws {@link CryptoError} `MALFORMED` */
export function decodeDeviceName(padded: Uint8Array): string {
  const name = unpad(padded);
  if (name.length === 0) {
    throw new CryptoError('MALFORMED', 'device name is empty');
  }
  return fromUtf8(name);
}
