/**
 * Pieces over plain HTTP: `PUT`, `GET`, `HEAD` and `DELETE` of `/piece/<id>`.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import { ID_SIZE } from './sizes.ts';

/** Path of a piece: the id (a read capability, 32 bytes) as 64 lower-case hexadecimal digits. */
const PIECE_PATH = /^\/piece\/([0-9a-f]{64})$/;
const HEX_KEY = /^[0-9a-f]{64}$/;

/** Of a `PUT`: SHA-256 of the delete token, as 64 hexadecimal digits. */
export const DELETE_HASH_HEADER = 'secret-chat-delete-hash';
/** Of a `DELETE`: the delete token itself, as 64 hexadecimal digits. */
export const DELETE_TOKEN_HEADER = 'secret-chat-delete-token';
/** Of a `PUT`: life in hours, 1 to 720; 168 when left out. */
export const TTL_HEADER = 'secret-chat-ttl-hours';
/** Of a refusal: the error code, beside the HTTP status. */
export const ERROR_HEADER = 'secret-chat-error';

export function piecePath(id: Uint8Array): string {
  return `/piece/${toHex(id)}`;
}

/** The id in a path; `undefined` for any other path. */
export function parsePiecePath(path: string): Uint8Array | undefined {
  const digits = PIECE_PATH.exec(path)?.[1];
  return digits === undefined ? undefined : fromHex(digits);
}

/** A key of 32 bytes in a header. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `undefined` unless `text` is exactly 64 lower-case hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!HEX_KEY.test(text)) {
    return undefined;
  }
  return Uint8Array.from({ length: ID_SIZE }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
