/** A store that remembers what was ever sealed in it, so that a test can look for what should be gone. */

import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import type { Batch, Store } from '../../src/store/store.ts';
import type { Trace } from '../store/traces.ts';

/** Remembers the beginning of every value that was ever stored. */
export class Recorder implements Store {
  readonly ever = new Map<string, Uint8Array>();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  batch(batch: Batch): Promise<void> {
    for (const { value } of batch.put ?? []) {
      const part = value.slice(0, 32);
      this.ever.set(Buffer.from(part).toString('hex'), part);
    }
    return this.#store.batch(batch);
  }

  get: Store['get'] = (name) => this.#store.get(name);
  range: Store['range'] = (query) => this.#store.range(query);
  close = (): Promise<void> => this.#store.close();
  erase = async (): Promise<void> => this.#store.erase?.();
}

/** Parts of values that were stored once, and are not any more. */
export async function deadParts({ ever }: Recorder, folder: string): Promise<Trace[]> {
  const store = await openSqliteStore(folder);
  const live = await store.range({ from: new Uint8Array(24), to: new Uint8Array(24).fill(255) });
  await store.close();
  const kept = new Set(live.map(({ value }) => Buffer.from(value.subarray(0, 32)).toString('hex')));
  return [...ever].filter(([hex]) => !kept.has(hex)).map(([what, bytes]) => ({ what, bytes }));
}
