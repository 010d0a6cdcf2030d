/** A store that does some things otherwise than the one beneath. */

import type { Store } from '../../src/store/store.ts';

export function storeWith(store: Store, changes: Partial<Store>): Store {
  return {
    get: (name) => store.get(name),
    range: (query) => store.range(query),
    batch: (batch) => store.batch(batch),
    close: () => store.close(),
    ...changes,
  };
}
