/**
 * A store that is gone with the process, unless somebody keeps its {@link MemoryStore.snapshot}.
 *
 * @module
 */

import { type Change, changesOf, closedError, requireName, requireRange } from './arguments.ts';
import { nameOf, nameText } from './name-text.ts';
import type { Batch, RangeQuery, Store, StoredRecord } from './store.ts';

export interface MemoryStore extends Store {
  /**
   * Every record that a resolved batch left, sorted by name; after `close` too.
   *
   * A program can keep it where it likes, and go on from there with {@link memoryStore}. Going on from an old one is
   * what a copied or restored store is: the chats notice (docs/protocol/delivery.md).
   */
  snapshot(): StoredRecord[];
}

/** An empty store, or one that holds the records of a snapshot, which it copies. */
export function memoryStore(snapshot: readonly StoredRecord[] = []): MemoryStore {
  return new Records(changesOf({ put: snapshot }));
}

class Records implements MemoryStore {
  readonly #values = new Map<string, Uint8Array>();
  /** Sorted; the names in it are the keys of the values. */
  #names: string[] = [];
  #isClosed = false;

  constructor(changes: readonly Change[]) {
    for (const { name, value = new Uint8Array() } of changes) {
      this.#values.set(nameText(name), value);
    }
    this.#names = [...this.#values.keys()].sort();
  }

  async get(name: Uint8Array): Promise<Uint8Array | undefined> {
    this.#requireOpen();
    requireName(name);
    const value = this.#values.get(nameText(name));
    return value && new Uint8Array(value);
  }

  async range(query: RangeQuery): Promise<StoredRecord[]> {
    this.#requireOpen();
    requireRange(query);
    const { from, to, limit = Number.POSITIVE_INFINITY, reverse = false } = query;
    const start = this.#indexOf(nameText(from));
    // No name lies between one and the same with a character more.
    const end = this.#indexOf(`${nameText(to)}\0`);
    const found = reverse
      ? this.#names.slice(Math.max(start, end - limit), end).reverse()
      : this.#names.slice(start, Math.min(end, start + limit));
    return found.map((name) => this.#record(name));
  }

  async batch(batch: Batch): Promise<void> {
    this.#requireOpen();
    const changes = changesOf(batch);
    // Not visible before the call has returned: who forgets to wait for it shall notice here already.
    await undefined;
    for (const { name, value } of changes) {
      this.#apply(nameText(name), value);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async erase(): Promise<void> {
    this.#requireOpen();
    this.#isClosed = true;
    // A batch that was called before takes effect before.
    await undefined;
    for (const value of this.#values.values()) {
      value.fill(0);
    }
    this.#values.clear();
    this.#names = [];
  }

  snapshot(): StoredRecord[] {
    return this.#names.map((name) => this.#record(name));
  }

  #apply(name: string, value: Uint8Array | undefined): void {
    const isNew = !this.#values.has(name);
    if (value !== undefined) {
      this.#values.set(name, value);
      if (isNew) {
        this.#names.splice(this.#indexOf(name), 0, name);
      }
    } else if (!isNew) {
      this.#values.delete(name);
      this.#names.splice(this.#indexOf(name), 1);
    }
  }

  /** Of the first name that is not below `name`. */
  #indexOf(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] as string) < name) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #record(name: string): StoredRecord {
    return { name: nameOf(name), value: new Uint8Array(this.#values.get(name) as Uint8Array) };
  }

  #requireOpen(): void {
    if (this.#isClosed) {
      throw closedError();
    }
  }
}
