/** A store that cannot write, when a test says so. */

import type { Batch, RangeQuery, Store, StoredRecord } from '../../src/index.ts';
import { ClientError } from '../../src/index.ts';

export class FailingStore implements Store {
  /** Batches that were asked for. */
  batches = 0;
  /** Says whether a batch fails, by its number from 1. */
  fails: (batch: number) => boolean = () => false;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(name: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#store.get(name);
  }

  range(query: RangeQuery): Promise<StoredRecord[]> {
    return this.#store.range(query);
  }

  async batch(batch: Batch): Promise<void> {
    this.batches += 1;
    if (this.fails(this.batches)) {
      throw new ClientError('STORE_FAILED', 'the disk is full');
    }
    await this.#store.batch(batch);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
