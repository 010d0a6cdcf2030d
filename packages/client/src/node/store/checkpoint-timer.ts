/**
 * When the log of a store is emptied: a moment after writes stop, and every few seconds while they do not, or as soon as
 * it is long.
 *
 * @module
 */

import type { Cancel, Clock } from '../../effects.ts';

/** After the last write. Messages that come one after the other make one checkpoint, which costs three syncs. */
export const QUIET_MS = 500;
/** After the first write: as long as deleted bytes may stay in the log. */
export const BUSY_MS = 3000;
/** Bytes. Emptying the log stops everything else in this thread, for about 2 ms per MiB. */
export const LONG_LOG: number = 8 * 1024 * 1024;

export class CheckpointTimer {
  readonly #clock: Clock;
  readonly #checkpoint: () => void;
  /** Times of writes since the last checkpoint. */
  #first: number | undefined;
  #last = 0;
  #isLong = false;
  #cancel: Cancel | undefined;

  /** `checkpoint` throws if it could not be done: it is tried again. */
  constructor(clock: Clock, checkpoint: () => void) {
    this.#clock = clock;
    this.#checkpoint = checkpoint;
  }

  /** To be called after each write, with the bytes that are in the log. */
  written(logSize: number): void {
    this.#last = this.#clock.monotonicMs();
    this.#first ??= this.#last;
    if (logSize <= LONG_LOG) {
      this.#cancel ??= this.#clock.after(QUIET_MS, () => this.#ring());
    } else if (!this.#isLong) {
      // Not now: whoever waits for the write goes on first.
      this.#isLong = true;
      this.stop();
      this.#cancel = this.#clock.after(0, () => this.#ring());
    }
  }

  stop(): void {
    this.#cancel?.();
  }

  #ring(): void {
    this.#cancel = undefined;
    const now = this.#clock.monotonicMs();
    const due = Math.min(this.#last + QUIET_MS, (this.#first ?? now) + BUSY_MS);
    if (now < due && !this.#isLong) {
      this.#cancel = this.#clock.after(due - now, () => this.#ring());
      return;
    }
    this.#first = undefined;
    this.#isLong = false;
    try {
      this.#checkpoint();
    } catch {
      // The disk is full, or gone. Writes say so to whoever makes them; nobody waits for this.
      this.#first = now;
      this.#cancel = this.#clock.after(BUSY_MS, () => this.#ring());
    }
  }
}
