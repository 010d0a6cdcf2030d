/**
 * Erasing a store: nothing in it can be opened from the first write on, and nothing is left after the last.
 *
 * Spec: docs/protocol/vault.md §9.
 *
 * @module
 */

import type { Store } from '../store/store.ts';
import { encodeGuard } from './guard-record.ts';
import { GUARD_NAME, HEADER_NAME, LAST_NAME } from './reserved-names.ts';

/** Records that one batch removes. */
const STEP = 500;

/** Resolves once the store is empty and closed. A process that dies meanwhile leaves a store that says so, and goes on. */
export async function eraseStore(store: Store): Promise<void> {
  // The only copy of the vault key, and in the same write what makes the next start go on.
  await store.batch({ delete: [HEADER_NAME], put: [{ name: GUARD_NAME, value: encodeGuard({ erasing: true }) }] });
  if (store.erase !== undefined) {
    await store.erase();
    return;
  }
  await removeAll(store);
  await store.close();
}

/** The last name first: the guard goes last. */
async function removeAll(store: Store): Promise<void> {
  const query = { from: HEADER_NAME, to: LAST_NAME, limit: STEP, reverse: true };
  for (let left = await store.range(query); left.length > 0; left = await store.range(query)) {
    await store.batch({ delete: left.map(({ name }) => name) });
  }
}
