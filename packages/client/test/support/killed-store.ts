/** A store whose process is gone after a batch that was chosen: nothing is read or written any more. */

import type { Batch, RangeQuery, Store, StoredRecord } from '../../src/index.ts';
import { ClientError } from '../../src/index.ts';

export class KilledStore implements Store {
  /** Batches that were asked for. */
  batches = 0;
  /** The last batch that is written, by its number from 1; none is if 0. */
  last: number = Number.POSITIVE_INFINITY;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get isKilled(): boolean {
    return this.batches > this.last;
  }

  /** Batches from now on: none is written after `count` more. */
  dieAfter(count: number): void {
    this.batches = 0;
    this.last = count;
  }

  async get(name: Uint8Array): Promise<Uint8Array | undefined> {
    this.#requireAlive();
    return this.#store.get(name);
  }

  async range(query: RangeQuery): Promise<StoredRecord[]> {
    this.#requireAlive();
    return this.#store.range(query);
  }

  async batch(batch: Batch): Promise<void> {
    this.batches += 1;
    this.#requireAlive();
    await this.#store.batch(batch);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #requireAlive(): void {
    if (this.isKilled) {
      throw new ClientError('STORE_FAILED', 'the process is gone');
    }
  }
}
