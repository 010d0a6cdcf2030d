/**
 * Records of one scope as they will be once a transaction is committed: reads see what was written before.
 *
 * @module
 */

import type { Page, Positioned, RecordKind } from './record-kind.ts';
import type { Transaction } from './transaction.ts';
import type { Vault } from './vault.ts';

export class ScopedDraft {
  readonly #vault: Vault;
  readonly #transaction: Transaction;
  readonly #scope: Uint8Array;
  /** What was written, by kind and position; `undefined` for what was deleted. */
  readonly #written = new Map<string, unknown>();

  constructor(vault: Vault, transaction: Transaction, scope: Uint8Array) {
    this.#vault = vault;
    this.#transaction = transaction;
    this.#scope = scope;
  }

  async get<T>(kind: RecordKind<T>, position = 0): Promise<T | undefined> {
    const key = keyOf(kind, position);
    return this.#written.has(key)
      ? (this.#written.get(key) as T | undefined)
      : this.#vault.get(kind, this.#scope, position);
  }

  put<T>(kind: RecordKind<T>, position: number, value: T): void {
    this.#written.set(keyOf(kind, position), value);
    this.#transaction.put(kind, this.#scope, position, value);
  }

  delete<T>(kind: RecordKind<T>, position: number): void {
    this.#written.set(keyOf(kind, position), undefined);
    this.#transaction.delete(kind, this.#scope, position);
  }

  /** What was committed before this change. */
  page<T>(kind: RecordKind<T>, page?: Page): Promise<Positioned<T>[]> {
    return this.#vault.page(kind, this.#scope, page);
  }

  /** Seals `value` under a key of its own (vault §8). */
  putItem<T>(kind: RecordKind<T>, position: number, value: T): void {
    this.#written.set(keyOf(kind, position), value);
    this.#transaction.putItem(kind, this.#scope, position, value);
  }

  async getItem<T>(kind: RecordKind<T>, position: number): Promise<T | undefined> {
    const key = keyOf(kind, position);
    return this.#written.has(key)
      ? (this.#written.get(key) as T | undefined)
      : this.#vault.getItem(kind, this.#scope, position);
  }

  deleteItem<T>(kind: RecordKind<T>, position: number): void {
    this.#written.set(keyOf(kind, position), undefined);
    this.#transaction.deleteItem(kind, this.#scope, position);
  }
}

function keyOf(kind: RecordKind<unknown>, position: number): string {
  return `${kind.kind}:${position}`;
}
