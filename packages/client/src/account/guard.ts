/**
 * Guarding a store before it is unlocked: it may be erased after too many wrong attempts, or when it was not used for too
 * long. Both only if the user has asked for it.
 *
 * Spec: docs/protocol/vault.md §9.
 *
 * @module
 */

import { ClientError, isClientError } from '../errors.ts';
import { Mutex } from '../mutex.ts';
import type { Store } from '../store/store.ts';
import { eraseStore } from '../vault/erase-store.ts';
import { type GuardRecord, readGuard, writeGuard } from '../vault/guard-record.ts';

/** A typing mistake is no attack. */
const MIN_ATTEMPTS = 3;
const MAX_ATTEMPTS = 1000;
/** An hour to ten years. */
const MIN_STORE_TTL_MS = 3_600_000;
const MAX_STORE_TTL_MS: number = 10 * 365 * 86_400_000;

export class Guard {
  readonly #store: Store;
  readonly #mutex = new Mutex();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Runs `unlock` if the store may be unlocked now. The attempt is counted on the disk before it begins.
   *
   * @throws `ClientError` `STORE_EXPIRED` and `STORE_ERASED`, after the store was erased; what `unlock` throws
   */
  async admit<T>(nowMs: number, unlock: () => Promise<T>): Promise<T> {
    const guard = await readGuard(this.#store);
    if (guard.erasing === true) {
      return this.#erase('STORE_ERASED', 'the store was being erased, and is empty now');
    }
    if (isExpired(guard, nowMs)) {
      return this.#erase('STORE_EXPIRED', 'the store was not used for longer than its owner allowed, and was erased');
    }
    const counted = await this.#count(guard);
    try {
      const unlocked = await unlock();
      await this.#opened(counted, nowMs);
      return unlocked;
    } catch (error) {
      throw await this.#refused(guard, counted, error);
    }
  }

  /** The device is in use at this time. */
  used(nowMs: number): Promise<void> {
    return this.#change((guard) => (guard.ttlMs === undefined ? guard : { ...guard, usedAtMs: latest(guard, nowMs) }));
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` */
  async setTtl(ttlMs: number | undefined, nowMs: number): Promise<void> {
    if (ttlMs !== undefined) {
      requireWithin(ttlMs, MIN_STORE_TTL_MS, MAX_STORE_TTL_MS, 'ms');
    }
    await this.#change(({ ttlMs: _before, usedAtMs: _used, ...rest }) =>
      ttlMs === undefined ? rest : { ...rest, ttlMs, usedAtMs: Math.max(0, Math.floor(nowMs)) },
    );
  }

  /** @throws `ClientError` `INVALID_ARGUMENT` */
  async setMaxAttempts(maxAttempts: number | undefined): Promise<void> {
    if (maxAttempts !== undefined) {
      requireWithin(maxAttempts, MIN_ATTEMPTS, MAX_ATTEMPTS, 'attempts');
    }
    await this.#change(({ maxAttempts: _before, attempts: _count, ...rest }) =>
      maxAttempts === undefined ? rest : { ...rest, maxAttempts, attempts: 0 },
    );
  }

  #change(work: (guard: GuardRecord) => GuardRecord): Promise<void> {
    return this.#mutex.run(async () => {
      const before = await readGuard(this.#store);
      const after = work(before);
      if (after !== before) {
        await writeGuard(this.#store, after);
      }
    });
  }

  async #count(guard: GuardRecord): Promise<GuardRecord> {
    const { maxAttempts, attempts = 0 } = guard;
    if (maxAttempts === undefined) {
      return guard;
    }
    if (attempts >= maxAttempts) {
      // Each of them was begun, and none was right.
      return this.#erase('STORE_ERASED', 'there were too many wrong attempts; the store was erased');
    }
    const counted = { ...guard, attempts: attempts + 1 };
    await writeGuard(this.#store, counted);
    return counted;
  }

  async #opened(guard: GuardRecord, nowMs: number): Promise<void> {
    const { maxAttempts, ttlMs } = guard;
    if (maxAttempts !== undefined || ttlMs !== undefined) {
      await writeGuard(this.#store, {
        ...guard,
        ...(maxAttempts === undefined ? {} : { attempts: 0 }),
        ...(ttlMs === undefined ? {} : { usedAtMs: latest(guard, nowMs) }),
      });
    }
  }

  /** What the caller is told of an attempt that did not open the store. */
  async #refused(before: GuardRecord, { maxAttempts, attempts = 0 }: GuardRecord, error: unknown): Promise<unknown> {
    if (maxAttempts === undefined) {
      return error;
    }
    if (!isClientError(error, 'WRONG_PASSPHRASE')) {
      // It was not about the passphrase; if this cannot be written, it counts.
      await writeGuard(this.#store, before).catch(() => {});
      return error;
    }
    const left = maxAttempts - attempts;
    if (left > 0) {
      return new ClientError('WRONG_PASSPHRASE', `${error.message}; after ${left} more the store is erased`);
    }
    return this.#erase('STORE_ERASED', 'there were too many wrong attempts; the store was erased').catch(
      (erased: unknown) => erased,
    );
  }

  async #erase(code: 'STORE_ERASED' | 'STORE_EXPIRED', message: string): Promise<never> {
    await eraseStore(this.#store);
    throw new ClientError(code, message);
  }
}

/** A clock that is set back makes nothing younger than the mark says. */
function isExpired({ ttlMs, usedAtMs = 0 }: GuardRecord, nowMs: number): boolean {
  return ttlMs !== undefined && nowMs - usedAtMs > ttlMs;
}

function latest({ usedAtMs = 0 }: GuardRecord, nowMs: number): number {
  return Math.max(usedAtMs, Math.floor(nowMs));
}

function requireWithin(value: number, min: number, max: number, unit: string): void {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new ClientError('INVALID_ARGUMENT', `${min} to ${max} ${unit} can be set, not ${value}`);
  }
}
