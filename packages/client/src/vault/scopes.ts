/**
 * Scopes of records (docs/protocol/vault.md §6).
 *
 * @module
 */

import { ClientError } from '../errors.ts';

/** Of what belongs to the whole device. */
export const NO_SCOPE: Uint8Array = new Uint8Array(0);

/**
 * The scope of what is counted, such as a chat: 8 bytes, big-endian.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` unless `n` is an integer of 0 to 2^53-1
 */
export function numberScope(n: number): Uint8Array {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new ClientError('INVALID_ARGUMENT', 'the number of a scope is not an integer of 0 to 2^53-1');
  }
  const scope = new Uint8Array(8);
  new DataView(scope.buffer).setBigUint64(0, BigInt(n));
  return scope;
}
