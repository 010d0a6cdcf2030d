/**
 * When the log of a store is emptied: a moment after writes stop, and every few seconds while they do not.
 *
 * @module
 */

import type { Cancel, Clock } from '../../effects.ts';

/** After the last write. Messages that come one after the other make one checkpoint, which costs some four syncs. */
export const QUIET_MS = 500;
/** After the first write: deleted bytes are in the log no longer, while a checkpoint is still able to empty it. */
export const BUSY_MS = 3000;

export class CheckpointTimer {
  readonly #clock: Clock;
  readonly #checkpoint: () => void;
  /** Times of writes since the last checkpoint. */
  #first: number | undefined;
  #last = 0;
  #cancel: Cancel | undefined;

  /** `checkpoint` throws if it could not be done: it is tried again. */
  constructor(clock: Clock, checkpoint: () => void) {
    this.#clock = clock;
    this.#checkpoint = checkpoint;
  }

  /** To be called after each write. */
  written(): void {
    this.#last = this.#clock.monotonicMs();
    this.#first ??= this.#last;
    this.#cancel ??= this.#clock.after(QUIET_MS, () => this.#ring());
  }

  stop(): void {
    this.#cancel?.();
  }

  #ring(): void {
    this.#cancel = undefined;
    const now = this.#clock.monotonicMs();
    const due = Math.min(this.#last + QUIET_MS, (this.#first ?? now) + BUSY_MS);
    if (now < due) {
      this.#cancel = this.#clock.after(due - now, () => this.#ring());
      return;
    }
    this.#first = undefined;
    try {
      this.#checkpoint();
    } catch {
      // The disk is full, or gone. Writes say so to whoever makes them; nobody waits for this.
      this.#first = now;
      this.#cancel = this.#clock.after(BUSY_MS, () => this.#ring());
    }
  }
}
