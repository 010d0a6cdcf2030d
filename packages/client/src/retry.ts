/**
 * What failed is tried again, a little later and once.
 *
 * @module
 */

import type { Cancel, Clock } from './effects.ts';

/** After a commit that failed: soon, as nothing goes on meanwhile, and without wearing out a disk that is full. */
export const STORE_RETRY_MS = 5_000;

export class Retry {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #again: () => void;
  #timer: Cancel | undefined;
  #stopped = false;

  constructor(clock: Clock, delayMs: number, again: () => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#again = again;
  }

  /** It will be tried again. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Further failures before that change nothing: however many there are, it is tried again once. */
  schedule(): void {
    if (!this.#stopped) {
      this.#timer ??= this.#clock.after(this.#delayMs, () => {
        this.#timer = undefined;
        this.#again();
      });
    }
  }

  /** It is tried by somebody else now. */
  cancel(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  /** Nothing is tried again any more, also if what is under way fails. */
  stop(): void {
    this.#stopped = true;
    this.cancel();
  }
}
