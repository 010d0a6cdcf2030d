/**
 * Names of records: they tell a thief neither kind nor chat, and still sort by position.
 *
 * Spec: docs/protocol/vault.md §6.
 *
 * @module
 */

import { ByteReader, concat, lengthPrefixed, u64, utf8 } from '../bytes.ts';
import { hmacSha256, requireSize } from '../primitives/index.ts';
import type { VaultKeys } from './keys.ts';

/**
 * Half of HMAC-SHA-256. Names need no more: they must not collide by accident, and nobody without the name key can
 * search for a collision; a store of 2^32 families of records has one with a chance of 2^-65.
 */
export const RECORD_FAMILY_SIZE = 16;
/** `family 16 ‖ position 8`. */
export const RECORD_NAME_SIZE = 24;

/**
 * The name of a record, 24 bytes: `PRF(kind, scope) 16 ‖ position u64`.
 *
 * Names of one kind and scope sort as their positions do (compared byte by byte), so history pages and deadlines
 * are ranges from one name to another. A kind that has one record per scope leaves the position at 0.
 *
 * @param scope any bytes, such as a chat id; empty for what belongs to the whole device
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `position` is an integer of 0 to 2^53-1
 */
export function recordName(keys: VaultKeys, kind: string, scope: Uint8Array, position = 0): Uint8Array {
  // family = HMAC-SHA-256(name key, len(kind) ‖ kind ‖ len(scope) ‖ scope)[0..16)
  const input = concat(lengthPrefixed(utf8(kind)), lengthPrefixed(scope));
  const family = hmacSha256(keys.nameKey.expose(), input).subarray(0, RECORD_FAMILY_SIZE);
  return concat(family, u64(position));
}

/**
 * The position in a name: what a range over names yields.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `name` is 24 bytes; `MALFORMED` for a position above 2^53-1
 */
export function recordPosition(name: Uint8Array): number {
  requireSize(name, RECORD_NAME_SIZE, 'record name');
  return new ByteReader(name.subarray(RECORD_FAMILY_SIZE), 'record name').u64();
}
