/** A store that outlives the devices which are opened on it one after another, as a disk outlives processes. */

import { type MemoryStore, memoryStore, type Store, type StoredRecord } from '../../src/index.ts';
import { closedError } from '../../src/store/arguments.ts';

export class KeptStore {
  readonly #memory: MemoryStore = memoryStore();

  /** For one device: its `close` ends this, and keeps the records. */
  opened(): Store {
    let isClosed = false;
    const unlessClosed =
      <A extends unknown[], R>(run: (...given: A) => Promise<R>) =>
      async (...given: A): Promise<R> => {
        if (isClosed) {
          throw closedError();
        }
        return run(...given);
      };
    return {
      get: unlessClosed((name) => this.#memory.get(name)),
      range: unlessClosed((query) => this.#memory.range(query)),
      batch: unlessClosed((batch) => this.#memory.batch(batch)),
      erase: unlessClosed(async () => this.#memory.erase?.()),
      close: async () => {
        isClosed = true;
      },
    };
  }

  snapshot(): StoredRecord[] {
    return this.#memory.snapshot();
  }
}
