import type { Store } from '../../src/store/store.ts';

/** One adapter under test. */
export interface Backend {
  readonly name: string;
  /** An empty store, cleaned up after the test. */
  create(): Promise<Opened>;
}

export interface Opened {
  readonly store: Store;
  /** Closes the store and opens what it left behind. */
  reopen(): Promise<Store>;
}
