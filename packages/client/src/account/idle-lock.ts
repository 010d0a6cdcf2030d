/**
 * Locking a device that nobody uses.
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';
import { ClientError } from '../errors.ts';

/** A machine that slept wakes up locked within this time. */
const LONGEST_WAIT_MS = 15_000;
const MAX_LOCK_MS: number = 365 * 86_400_000;

export class IdleLock {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #lock: () => void;
  #touchedMonotonicMs = 0;
  #touchedWallMs = 0;
  #timer: Cancel | undefined;
  #isLocked = false;

  /** Runs from now on. @throws `ClientError` `INVALID_ARGUMENT` */
  constructor(clock: Clock, afterMs: number, lock: () => void) {
    if (!(afterMs > 0 && afterMs <= MAX_LOCK_MS)) {
      throw new ClientError('INVALID_ARGUMENT', 'a device locks itself after some time, of a year at most');
    }
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#lock = lock;
    this.#note();
    this.#wait();
  }

  /** Somebody is here; too late if the time is over, though nobody has looked yet. */
  touch(): void {
    if (!this.#lockIfOver()) {
      this.#note();
    }
  }

  stop(): void {
    this.#timer?.();
    this.#isLocked = true;
  }

  #note(): void {
    this.#touchedMonotonicMs = this.#clock.monotonicMs();
    this.#touchedWallMs = this.#clock.wallMs();
  }

  #wait(): void {
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, this.#afterMs - this.#idleMs));
    this.#timer = this.#clock.after(wait, () => {
      if (!this.#lockIfOver()) {
        this.#wait();
      }
    });
  }

  /** The one clock may stand still while the machine sleeps, the other may be set back. */
  get #idleMs(): number {
    return Math.max(this.#clock.monotonicMs() - this.#touchedMonotonicMs, this.#clock.wallMs() - this.#touchedWallMs);
  }

  #lockIfOver(): boolean {
    if (!this.#isLocked && this.#idleMs >= this.#afterMs) {
      this.stop();
      this.#lock();
    }
    return this.#isLocked;
  }
}
