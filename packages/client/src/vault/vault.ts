/**
 * The vault: a store whose records are typed values, sealed.
 *
 * Spec: docs/protocol/vault.md.
 *
 * @module
 */

import { type RandomSource, RECORD_FAMILY_SIZE, recordPosition, type ScryptParameters } from '@secret-chat/crypto';
import type { DeviceUnlock } from '../device.ts';
import { ClientError } from '../errors.ts';
import { Mutex } from '../mutex.ts';
import { nameText } from '../store/name-text.ts';
import type { Store } from '../store/store.ts';
import { eraseStore } from './erase-store.ts';
import type { Page, Positioned, RecordKind } from './record-kind.ts';
import { damagedError, RecordSeal } from './record-seal.ts';
import { HEADER_NAME, isReserved, LAST_NAME } from './reserved-names.ts';
import { NO_SCOPE } from './scopes.ts';
import { Transaction } from './transaction.ts';
import { headerBatch, newHeader, newVault, openHeader, readHeader, unlockKindOf } from './unlocking.ts';

export interface NewVaultOptions {
  readonly random: RandomSource;
  /** The default of the crypto package if left out. */
  readonly scrypt?: ScryptParameters | undefined;
  /** Puts what has to be there from the beginning: it is stored with the header, or neither is. */
  readonly first?: (transaction: Transaction) => void;
}

/**
 * What opens the vault in `store`; `undefined` for a store that holds nothing.
 *
 * @throws `ClientError` `STORE_DAMAGED`, `STORE_TOO_NEW`
 */
export async function vaultUnlockKind(store: Store): Promise<'passphrase' | 'key-file' | undefined> {
  const header = await readHeader(store);
  return header && unlockKindOf(header);
}

/** @throws `ClientError` `STORE_…` where not said otherwise; `CLOSED` after {@link Vault.close} */
export class Vault {
  readonly #store: Store;
  readonly #seal: RecordSeal;
  readonly #unlocking = new Mutex();
  #closing: Promise<void> | undefined;

  private constructor(store: Store, seal: RecordSeal) {
    this.#store = store;
    this.#seal = seal;
  }

  /** False for a store that holds nothing. @throws `ClientError` `STORE_DAMAGED` for records without a header */
  static async exists(store: Store): Promise<boolean> {
    return (await readHeader(store)) !== undefined;
  }

  /**
   * Makes a vault in an empty store, which is the vault's from then on; on failure it stays the caller's, unchanged.
   *
   * @throws `ClientError` `INVALID_ARGUMENT` for an empty passphrase, a key file that is not 32 bytes, parameters out of
   * bounds, or a store with a vault in it
   */
  static async create(store: Store, unlock: DeviceUnlock, { random, scrypt, first }: NewVaultOptions): Promise<Vault> {
    if (await Vault.exists(store)) {
      throw new ClientError('INVALID_ARGUMENT', 'the store holds a vault already');
    }
    const { header, keys } = await newVault(unlock, random, scrypt);
    try {
      const seal = new RecordSeal(keys, random);
      const transaction = new Transaction(store, seal);
      first?.(transaction);
      await transaction.commit(headerBatch(header).put);
      return new Vault(store, seal);
    } catch (error) {
      keys.wipe();
      throw error;
    }
  }

  /**
   * Opens the vault in `store`, which is the vault's from then on; on failure it stays the caller's, unchanged.
   *
   * @throws `ClientError` `WRONG_PASSPHRASE` also for a passphrase where a key file is needed, or the reverse;
   * `STORE_TOO_NEW`; `STORE_DAMAGED`; `INVALID_ARGUMENT` as in {@link Vault.create}, or if there is no vault
   */
  static async open(store: Store, unlock: DeviceUnlock, random: RandomSource): Promise<Vault> {
    const keys = await openHeader(await headerOf(store), unlock);
    return new Vault(store, new RecordSeal(keys, random));
  }

  /** @throws `ClientError` `STORE_DAMAGED` for a record that does not open or decode */
  async get<T>(kind: RecordKind<T>, scope: Uint8Array, position = 0): Promise<T | undefined> {
    const name = this.#seal.nameOf(kind, scope, position);
    const sealed = await this.#store.get(name);
    return sealed && this.#seal.open(kind, name, sealed);
  }

  /** All of one kind and scope, or those of a page, by position. @throws as {@link Vault.get} */
  async page<T>(kind: RecordKind<T>, scope: Uint8Array, page: Page = {}): Promise<Positioned<T>[]> {
    const { from = 0, to = Number.MAX_SAFE_INTEGER, ...rest } = page;
    const records = await this.#store.range({
      from: this.#seal.nameOf(kind, scope, from),
      to: this.#seal.nameOf(kind, scope, to),
      ...rest,
    });
    return records.map(({ name, value }) => ({
      position: recordPosition(name),
      value: this.#seal.open(kind, name, value),
    }));
  }

  /** Undefined as soon as the item's key is gone, whatever else is left (vault §8). @throws as {@link Vault.get} */
  async getItem<T>(kind: RecordKind<T>, scope: Uint8Array, position: number): Promise<T | undefined> {
    const names = this.#seal.itemNamesOf(kind, scope, position);
    // Asked for in one go, so that no batch that replaces the item comes in between.
    const [key, content] = await Promise.all([this.#store.get(names.key), this.#store.get(names.content)]);
    if (key === undefined) {
      return undefined;
    }
    if (content === undefined) {
      throw damagedError(kind);
    }
    return this.#seal.openItem(kind, names, { key, content });
  }

  /** @throws `ClientError` `CLOSED` */
  begin(): Transaction {
    this.#seal.requireOpen();
    return new Transaction(this.#store, this.#seal);
  }

  /**
   * From now on `next` opens the vault, and `current` does not; nothing is sealed anew. Who has a copy of the store from
   * before can still open it with `current`, and what was sealed later too (vault §5).
   *
   * @param scrypt for a passphrase; the default of the crypto package if left out
   * @throws `ClientError` `WRONG_PASSPHRASE` when `current` does not open it; `INVALID_ARGUMENT` as in {@link Vault.create}
   */
  changeUnlock(current: DeviceUnlock, next: DeviceUnlock, scrypt?: ScryptParameters): Promise<void> {
    // One after another: of two that begin with the same unlock, the second finds it changed.
    return this.#unlocking.run(async () => {
      this.#seal.requireOpen();
      const keys = await openHeader(await headerOf(this.#store), current);
      keys.wipe();
      const header = await newHeader(this.#seal.keys, next, this.#seal.random, scrypt);
      await this.#store.batch(headerBatch(header));
    });
  }

  /**
   * One step of removing everything but the records of `kinds` that belong to the whole device: looks at `limit` records
   * behind `after`. Returns the last name it looked at; `undefined` when it is through.
   */
  async removeOthers(
    kinds: readonly { readonly kind: string }[],
    limit: number,
    after: Uint8Array = HEADER_NAME,
  ): Promise<Uint8Array | undefined> {
    const kept = new Set(kinds.map((kind) => familyOf(this.#seal.nameOf(kind, NO_SCOPE, 0))));
    const records = await this.#store.range({ from: after, to: LAST_NAME, limit });
    const removed = records.filter(({ name }) => !isReserved(name) && !kept.has(familyOf(name)));
    if (removed.length > 0) {
      await this.#store.batch({ delete: removed.map(({ name }) => name) });
    }
    return records.length < limit ? undefined : records.at(-1)?.name;
  }

  /** Wipes the keys, and erases and closes the store. */
  erase(): Promise<void> {
    this.#seal.wipe();
    this.#closing ??= eraseStore(this.#store);
    return this.#closing;
  }

  /** Wipes the keys and closes the store, which finishes what was committed; a second call does nothing. */
  close(): Promise<void> {
    this.#seal.wipe();
    this.#closing ??= this.#store.close();
    return this.#closing;
  }
}

/** What names of one kind and scope have in common (vault §6). */
function familyOf(name: Uint8Array): string {
  return nameText(name.subarray(0, RECORD_FAMILY_SIZE));
}

async function headerOf(store: Store): Promise<Uint8Array> {
  const header = await readHeader(store);
  if (header === undefined) {
    throw new ClientError('INVALID_ARGUMENT', 'the store holds no vault');
  }
  return header;
}
