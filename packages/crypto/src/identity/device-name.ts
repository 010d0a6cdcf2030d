/**
 * The name a device shows: 1 to 63 bytes of UTF-8, always carried as 64 padded bytes.
 *
 * Spec: docs/protocol/handshake.md §1.2.
 *
 * @module
 */

import { type Codec, text } from '@secret-chat/cbor';
import { fromUtf8, pad, unpad, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';

/** Size of a padded name. */
export const PADDED_NAME_SIZE = 64;
/** Longest name: the padding takes at least one byte. */
export const MAX_NAME_SIZE: number = PADDED_NAME_SIZE - 1;

/** A device name in a structured message. */
export const deviceName: Codec<string> = text(MAX_NAME_SIZE, 1);

/** The name as 64 bytes. @throws {@link CryptoError} `INVALID_ARGUMENT` */
export function encodeDeviceName(name: string): Uint8Array {
  requireDeviceName(name, 'INVALID_ARGUMENT');
  return pad(utf8(name), PADDED_NAME_SIZE);
}

/** @throws {@link CryptoError} `MALFORMED` */
export function decodeDeviceName(padded: Uint8Array): string {
  const name = fromUtf8(unpad(padded));
  requireDeviceName(name, 'MALFORMED');
  return name;
}

function requireDeviceName(name: string, code: 'INVALID_ARGUMENT' | 'MALFORMED'): void {
  try {
    deviceName.encode(name);
  } catch {
    throw new CryptoError(code, `a device name must be 1 to ${MAX_NAME_SIZE} bytes of UTF-8`);
  }
}
