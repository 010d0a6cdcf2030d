/**
 * Changes to records that are committed together.
 *
 * Values are sealed when they are put, so a later change of the value itself does not reach the store.
 *
 * @module
 */

import { ClientError } from '../errors.ts';
import { nameOf, nameText } from '../store/name-text.ts';
import type { Batch, Store, StoredRecord } from '../store/store.ts';
import type { RecordKind } from './record-kind.ts';
import type { RecordSeal } from './record-seal.ts';

/** Can be committed or merged once. */
export class Transaction {
  readonly #store: Store;
  readonly #seal: RecordSeal;
  /** By name; the last one counts. `undefined` deletes. */
  readonly #changes = new Map<string, Uint8Array | undefined>();
  #isUsed = false;

  /** For the vault: see `Vault.begin`. */
  constructor(store: Store, seal: RecordSeal) {
    this.#store = store;
    this.#seal = seal;
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` when `value` breaks the schema of its kind; `CLOSED` */
  put<T>(kind: RecordKind<T>, scope: Uint8Array, position: number, value: T): void {
    this.#requireUnused();
    const name = this.#seal.nameOf(kind, scope, position);
    this.#changes.set(nameText(name), this.#seal.seal(kind, name, value));
  }

  /** Harmless if there is no such record. @throws `ClientError` `CLOSED` */
  delete(kind: RecordKind<unknown>, scope: Uint8Array, position: number): void {
    this.#requireUnused();
    this.#changes.set(nameText(this.#seal.nameOf(kind, scope, position)), undefined);
  }

  /** Seals `value` under a key of its own, so that it can be destroyed for good (vault §8). @throws as `put` */
  putItem<T>(kind: RecordKind<T>, scope: Uint8Array, position: number, value: T): void {
    this.#requireUnused();
    const names = this.#seal.itemNamesOf(kind, scope, position);
    const sealed = this.#seal.sealItem(kind, names, value);
    this.#changes.set(nameText(names.key), sealed.key);
    this.#changes.set(nameText(names.content), sealed.content);
  }

  /** Destroys an item: its key, and what was sealed under it. Harmless if there is none. @throws `ClientError` `CLOSED` */
  deleteItem(kind: RecordKind<unknown>, scope: Uint8Array, position: number): void {
    this.#requireUnused();
    const names = this.#seal.itemNamesOf(kind, scope, position);
    this.#changes.set(nameText(names.key), undefined);
    this.#changes.set(nameText(names.content), undefined);
  }

  /**
   * Takes over the changes of `other`, as if they had been made here now; `other` is used up.
   *
   * @throws `ClientError` `INVALID_ARGUMENT` for one of another vault, or one that was used
   */
  merge(other: Transaction): void {
    this.#requireUnused();
    if (other === this || other.#seal !== this.#seal) {
      throw new ClientError('INVALID_ARGUMENT', 'only another transaction of the same vault can be merged');
    }
    other.#use();
    for (const [name, value] of other.#changes) {
      this.#changes.set(name, value);
    }
  }

  /**
   * Resolves once all changes are on the disk; nothing is written if there are none.
   *
   * @param also records that are stored as they are, under names that no change has
   * @throws `ClientError` `STORE_FAILED` if none is: make the changes anew to try again; `CLOSED`
   */
  async commit(also: readonly StoredRecord[] = []): Promise<void> {
    this.#use();
    this.#seal.requireOpen();
    if (this.#changes.size + also.length > 0) {
      const { put = [], ...rest } = this.#batch();
      await this.#store.batch({ put: [...also, ...put], ...rest });
    }
  }

  #batch(): Batch {
    const put = [];
    const deleted = [];
    for (const [text, value] of this.#changes) {
      if (value === undefined) {
        deleted.push(nameOf(text));
      } else {
        put.push({ name: nameOf(text), value });
      }
    }
    return { put, delete: deleted };
  }

  #use(): void {
    this.#requireUnused();
    this.#isUsed = true;
  }

  #requireUnused(): void {
    if (this.#isUsed) {
      throw new ClientError('INVALID_ARGUMENT', 'the transaction was committed or merged already');
    }
  }
}
