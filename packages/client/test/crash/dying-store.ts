/** A store whose process dies at a commit that was chosen before: as `kill -9` does it, right before or right after. */

import process from 'node:process';
import type { Batch, RangeQuery, Store, StoredRecord } from '../../src/store/store.ts';

/** The how manieth batch of this process, from 1. */
export interface Death {
  readonly batch: number;
  /** Nothing of the batch is written; or all of it, and nobody has heard of it. */
  readonly when: 'before' | 'after';
}

export class DyingStore implements Store {
  /** Batches that were handed over. */
  batches = 0;
  readonly #store: Store;
  readonly #death: Death | undefined;

  constructor(store: Store, death: Death | undefined) {
    this.#store = store;
    this.#death = death;
  }

  get(name: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#store.get(name);
  }

  range(query: RangeQuery): Promise<StoredRecord[]> {
    return this.#store.range(query);
  }

  async batch(batch: Batch): Promise<void> {
    this.batches += 1;
    const when = this.batches === this.#death?.batch ? this.#death.when : undefined;
    if (when === 'before') {
      die();
    }
    await this.#store.batch(batch);
    if (when === 'after') {
      die();
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
