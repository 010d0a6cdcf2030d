/**
 * What the client needs of a store: sealed records by name, read one by one or in ranges, changed in batches.
 *
 * A store sees names of 24 bytes and sealed values, never a key (docs/protocol/vault.md §6 to §9). Adapters prove
 * themselves with the contract suite in `test/store/contract.ts`.
 *
 * @module
 */

/** A record as the store sees it. */
export interface StoredRecord {
  /** 24 bytes. */
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** Which records, and how: names compare byte by byte. */
export interface RangeQuery {
  /** First name, included. */
  readonly from: Uint8Array;
  /** Last name, included. */
  readonly to: Uint8Array;
  /** At most so many; all of them if left out. */
  readonly limit?: number;
  /** The highest name first. */
  readonly reverse?: boolean;
}

/** Changes that happen together or not at all. A name stands in it once. */
export interface Batch {
  readonly put?: readonly StoredRecord[];
  readonly delete?: readonly Uint8Array[];
}

/**
 * Invariants (the contract suite checks each):
 * - a resolved {@link Store.batch} survives `kill -9` and loss of power; a rejected one changed nothing;
 * - batches take effect in the order of their calls, and a read sees every batch that was resolved before it;
 * - bytes come back exact, and neither arguments nor results are shared with the store afterwards;
 * - what was deleted or replaced is not found in the raw files a few seconds later, and never after `close`;
 * - one process has a store open at a time: opening it twice is `STORE_IN_USE`;
 * - after `close` every call rejects with `CLOSED`.
 *
 * @throws `ClientError` `STORE_FAILED` (disk full, gone), `STORE_DAMAGED`, `CLOSED` from each method
 */
export interface Store {
  get(name: Uint8Array): Promise<Uint8Array | undefined>;
  range(query: RangeQuery): Promise<StoredRecord[]>;
  batch(batch: Batch): Promise<void>;
  /** Finishes what is under way; a second call does nothing. */
  close(): Promise<void>;
  /**
   * Removes every record, the last name first, and whatever the store is made of; then it is closed. A process that dies
   * meanwhile leaves a store that can be opened, with the first names in it. Left out: records are removed in batches.
   */
  erase?(): Promise<void>;
}
