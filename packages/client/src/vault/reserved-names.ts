/**
 * Names in a store that are no record's: those begin with 16 bytes of HMAC, these with as many zeros (docs/protocol/vault.md §6).
 *
 * @module
 */

import { RECORD_NAME_SIZE } from '@secret-chat/crypto';

export const LAST_NAME: Uint8Array = new Uint8Array(RECORD_NAME_SIZE).fill(0xff);

/** The vault's header (vault §2): of all names the first. */
export const HEADER_NAME: Uint8Array = new Uint8Array(RECORD_NAME_SIZE);
/** The guard (vault §9.1): right behind the header. */
export const GUARD_NAME: Uint8Array = new Uint8Array(RECORD_NAME_SIZE);
GUARD_NAME[RECORD_NAME_SIZE - 1] = 1;

/** Bytes that all of them begin with. */
const RESERVED = 16;

export function isReserved(name: Uint8Array): boolean {
  return name.subarray(0, RESERVED).every((byte) => byte === 0);
}
