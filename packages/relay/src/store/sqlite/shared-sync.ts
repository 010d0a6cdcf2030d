/**
 * One sync for all who wait for it: while one is under way, those who come meanwhile share the next.
 *
 * @module
 */

import { KeyedLock } from './keyed-lock.ts';

export class SharedSync {
  readonly #running = new KeyedLock();
  /** Not begun yet. */
  readonly #next = new Map<string, Promise<void>>();

  /**
   * Resolves once a `sync` of `key` succeeded that began after this call; one that had begun before may have missed
   * what the caller did. Rejects with what it throws, for everybody who waited for it.
   */
  run(key: string, sync: () => Promise<void>): Promise<void> {
    const waiting = this.#next.get(key);
    if (waiting !== undefined) {
      return waiting;
    }
    const next = this.#running.run(key, () => {
      this.#next.delete(key);
      return sync();
    });
    this.#next.set(key, next);
    return next;
  }
}
