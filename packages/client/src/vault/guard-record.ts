/**
 * The guard of a store: what has to be known before it is unlocked. It is not sealed.
 *
 * Spec: docs/protocol/vault.md §9.
 *
 * @module
 */

import { boolean, type Codec, decodeWith, encodeWith, map, optional, uint } from '@secret-chat/cbor';
import { ClientError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { GUARD_NAME } from './reserved-names.ts';

export interface GuardRecord {
  /** The store is being erased: whoever opens it goes on. */
  readonly erasing?: boolean;
  /** After so many wrong attempts in a row it is erased. */
  readonly maxAttempts?: number;
  /** Attempts that were begun since the last right one. */
  readonly attempts?: number;
  /** A store that was not used for so long is erased, in ms. */
  readonly ttlMs?: number;
  /** The highest wall time at which it was used, in Unix ms. */
  readonly usedAtMs?: number;
}

const GUARD: Codec<GuardRecord> = map<GuardRecord>({
  erasing: optional(boolean()),
  maxAttempts: optional(uint()),
  attempts: optional(uint()),
  ttlMs: optional(uint()),
  usedAtMs: optional(uint()),
});

/** Empty if the store has none. @throws `ClientError` `STORE_DAMAGED` */
export async function readGuard(store: Store): Promise<GuardRecord> {
  const bytes = await store.get(GUARD_NAME);
  try {
    return bytes === undefined ? {} : decodeWith(GUARD, bytes);
  } catch {
    throw new ClientError('STORE_DAMAGED', 'the guard of the store is damaged');
  }
}

/** Resolves once it is on the disk; an empty one is removed. */
export async function writeGuard(store: Store, guard: GuardRecord): Promise<void> {
  const isEmpty = guard.erasing !== true && guard.maxAttempts === undefined && guard.ttlMs === undefined;
  await store.batch(isEmpty ? { delete: [GUARD_NAME] } : { put: [{ name: GUARD_NAME, value: encodeGuard(guard) }] });
}

export function encodeGuard(guard: GuardRecord): Uint8Array {
  return encodeWith(GUARD, guard, 'guard');
}
