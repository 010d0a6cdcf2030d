/** Vaults on memory stores, and kinds of records to put into them. */

import { boundedBytes, bytes, map, optional, text, uint } from '@secret-chat/cbor';
import { type MemoryStore, memoryStore } from '../../src/store/memory-store.ts';
import type { Batch, RangeQuery, Store, StoredRecord } from '../../src/store/store.ts';
import type { RecordKind } from '../../src/vault/record-kind.ts';
import { Vault } from '../../src/vault/vault.ts';
import { seededBytes } from '../support/seeded.ts';

/** As small as is allowed. */
export const SCRYPT = { logN: 10, r: 1, p: 1 };
export const PASSPHRASE = { passphrase: 'correct horse battery staple' };
export const KEY_FILE = { keyFile: seededBytes(99)(32) };

export interface Note {
  readonly title: string;
  readonly body?: Uint8Array;
}

export const NOTE: RecordKind<Note> = {
  kind: 'note',
  codec: map<Note>({ title: text(100), body: optional(boundedBytes(0, 100_000)) }),
};
export const COUNT: RecordKind<number> = { kind: 'count', codec: uint() };
export const KEY: RecordKind<Uint8Array> = { kind: 'key', codec: bytes(32) };

/** Records what is asked of a store. */
export class WatchedStore implements Store {
  readonly inner: MemoryStore;
  readonly batches: Batch[] = [];
  reads = 0;

  constructor(inner: MemoryStore = memoryStore()) {
    this.inner = inner;
  }

  get(name: Uint8Array): Promise<Uint8Array | undefined> {
    this.reads += 1;
    return this.inner.get(name);
  }

  range(query: RangeQuery): Promise<StoredRecord[]> {
    this.reads += 1;
    return this.inner.range(query);
  }

  batch(batch: Batch): Promise<void> {
    this.batches.push(batch);
    return this.inner.batch(batch);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** A new vault; the same one for each call with the same seed. */
export async function newVault(seed = 1) {
  const store = new WatchedStore();
  const vault = await Vault.create(store, PASSPHRASE, { random: seededBytes(seed), scrypt: SCRYPT });
  store.batches.length = 0;
  const change = async (work: (transaction: ReturnType<Vault['begin']>) => void): Promise<void> => {
    const transaction = vault.begin();
    work(transaction);
    await transaction.commit();
  };
  return { store, vault, change };
}

/** The same records in a new store, each of which `change` may replace, or drop with `undefined`. */
export function changedCopy(
  store: MemoryStore,
  change: (record: StoredRecord, i: number) => StoredRecord | undefined,
): MemoryStore {
  return memoryStore(store.snapshot().flatMap((record, i) => change(record, i) ?? []));
}
