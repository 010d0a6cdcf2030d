/**
 * The device's record: its name, its relay, and numbers that are given out once.
 *
 * @module
 */

import { Mutex } from '../mutex.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { DEFAULT_IDLE_WEEKS, DEVICE, type DeviceRecord } from './device-record.ts';

export class DeviceState {
  readonly #vault: Vault;
  readonly #mutex = new Mutex();
  #record: DeviceRecord;

  constructor(vault: Vault, record: DeviceRecord) {
    this.#vault = vault;
    this.#record = record;
  }

  get record(): DeviceRecord {
    return this.#record;
  }

  /** How long relays are to keep what is not used (relay §4.2). */
  get idleWeeks(): number {
    return this.#record.idleWeeks ?? DEFAULT_IDLE_WEEKS;
  }

  /** Resolves once it is stored. */
  setIdleWeeks(idleWeeks: number): Promise<void> {
    return this.#mutex.run(async () => {
      const record = { ...this.#record, idleWeeks };
      const transaction = this.#vault.begin();
      transaction.put(DEVICE, NO_SCOPE, 0, record);
      await transaction.commit();
      this.#record = record;
    });
  }

  /**
   * Gives out the next number of a chat or an invite to `work`, which stores it under that number with the transaction.
   * Numbers of what failed are given out again, those of what was stored never.
   */
  withNext<T>(
    which: 'nextChat' | 'nextInvite',
    work: (n: number, transaction: Transaction) => Promise<T> | T,
  ): Promise<T> {
    return this.#mutex.run(async () => {
      const n = this.#record[which];
      const record = { ...this.#record, [which]: n + 1 };
      const transaction = this.#vault.begin();
      transaction.put(DEVICE, NO_SCOPE, 0, record);
      const result = await work(n, transaction);
      await transaction.commit();
      this.#record = record;
      return result;
    });
  }
}
