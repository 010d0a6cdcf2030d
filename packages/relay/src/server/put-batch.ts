/**
 * Puts of all connections that arrive in the same turn of the event loop, appended in one call: the store commits them
 * as one group.
 *
 * Spec: docs/protocol/relay.md §4.3 and §4.6.
 *
 * @module
 */

import type { Effects } from '../effects.ts';
import type { Appended, EnvelopeItem, RelayStore } from '../store/relay-store.ts';

/** So that one call neither blocks the store for long nor makes a huge message to its thread. */
const MAX_BATCH = 512;

interface Waiting {
  readonly item: EnvelopeItem;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

export class PutBatch {
  readonly #store: RelayStore;
  readonly #effects: Effects;
  readonly #stored: (item: EnvelopeItem) => void;
  #waiting: Waiting[] = [];

  /** @param stored called for each envelope that became durable, in that order; perhaps again when it is put again */
  constructor(store: RelayStore, effects: Effects, stored: (item: EnvelopeItem) => void) {
    this.#store = store;
    this.#effects = effects;
    this.#stored = stored;
  }

  put(item: EnvelopeItem): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length === 1) {
        this.#effects.soon(() => this.#flush());
      }
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += MAX_BATCH) {
      void this.#append(waiting.slice(start, start + MAX_BATCH));
    }
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    try {
      const now = Math.floor(this.#effects.now() / 1000);
      const appended = await this.#store.append(
        batch.map(({ item }) => item),
        now,
      );
      for (const [i, { item, resolve }] of batch.entries()) {
        const result = appended[i] as Appended;
        // One that is there already may be of an append that was rejected and yet done: then nobody was told of it.
        if (result === 'stored' || result === 'duplicate') {
          this.#stored(item);
        }
        resolve(result);
      }
    } catch (error) {
      for (const { reject } of batch) {
        reject(error);
      }
    }
  }
}
