/**
 * A family of records that is also held in memory: read without the store, changed with a transaction.
 *
 * @module
 */

import type { RecordKind } from './record-kind.ts';
import type { Transaction } from './transaction.ts';
import type { Vault } from './vault.ts';

/** All records of one kind and scope, by position, in ascending order. */
export class Mirror<T> {
  readonly #kind: RecordKind<T>;
  readonly #scope: Uint8Array;
  readonly #records: Map<number, T>;

  constructor(kind: RecordKind<T>, scope: Uint8Array, records: Iterable<readonly [number, T]> = []) {
    this.#kind = kind;
    this.#scope = scope;
    this.#records = new Map(records);
  }

  static async load<T>(vault: Vault, kind: RecordKind<T>, scope: Uint8Array): Promise<Mirror<T>> {
    const page = await vault.page(kind, scope);
    return new Mirror(
      kind,
      scope,
      page.map(({ position, value }) => [position, value] as const),
    );
  }

  get size(): number {
    return this.#records.size;
  }

  get(position: number): T | undefined {
    return this.#records.get(position);
  }

  /** In the order in which they were added: ascending, as long as positions are. */
  entries(): IterableIterator<[number, T]> {
    return this.#records.entries();
  }

  /** Changes that go with `transaction`; call {@link Draft.apply} once it is committed. */
  draft(transaction: Transaction): Draft<T> {
    return new Draft(this.#kind, this.#scope, this.#records, transaction);
  }
}

/** The records as they will be; nobody else sees the changes before {@link Draft.apply}. */
export class Draft<T> {
  readonly #kind: RecordKind<T>;
  readonly #scope: Uint8Array;
  readonly #base: Map<number, T>;
  readonly #changes = new Map<number, T | undefined>();
  readonly #transaction: Transaction;

  constructor(kind: RecordKind<T>, scope: Uint8Array, base: Map<number, T>, transaction: Transaction) {
    this.#kind = kind;
    this.#scope = scope;
    this.#base = base;
    this.#transaction = transaction;
  }

  get(position: number): T | undefined {
    return this.#changes.has(position) ? this.#changes.get(position) : this.#base.get(position);
  }

  has(position: number): boolean {
    return this.get(position) !== undefined;
  }

  set(position: number, value: T): void {
    this.#changes.set(position, value);
    this.#transaction.put(this.#kind, this.#scope, position, value);
  }

  delete(position: number): void {
    if (this.has(position)) {
      this.#changes.set(position, undefined);
      this.#transaction.delete(this.#kind, this.#scope, position);
    }
  }

  apply(): void {
    for (const [position, value] of this.#changes) {
      if (value === undefined) {
        this.#base.delete(position);
      } else {
        this.#base.set(position, value);
      }
    }
  }
}
