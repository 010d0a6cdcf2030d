/**
 * The store that the options ask for.
 *
 * @module
 */

import { MemoryStore } from './store/memory-store.ts';
import type { RelayStore, StoreLimits } from './store/relay-store.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';

/** @param folder of a durable store; without it everything is in memory */
export async function openStore(folder: string | undefined, limits: StoreLimits): Promise<RelayStore> {
  return folder === undefined ? new MemoryStore(limits) : openSqliteStore({ folder, limits });
}
