import type { RelayStore, StoreLimits } from '../../src/store/relay-store.ts';

/** One adapter under test. */
export interface Backend {
  readonly name: string;
  /** An empty store, cleaned up after the test. */
  create(limits?: Partial<StoreLimits>): Promise<Opened>;
}

export interface Opened {
  readonly store: RelayStore;
  /** Closes the store and opens what it left behind; a store that leaves nothing behind stays as it is. */
  reopen(): Promise<RelayStore>;
}

/** The store as it is, then as it is after a restart. */
export async function* bothLives({ store, reopen }: Opened): AsyncGenerator<RelayStore> {
  yield store;
  yield await reopen();
}
