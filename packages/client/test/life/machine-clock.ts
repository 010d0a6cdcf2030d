/** The clock of one machine in a world of several: its wall clock can be turned, and it can be put to sleep. */

import type { Cancel, Clock } from '../../src/effects.ts';
import type { FakeClock } from '../support/fake-clock.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
  cancel: Cancel | undefined;
}

export class MachineClock implements Clock {
  readonly #true: FakeClock;
  readonly #timers = new Set<Timer>();
  #wallOffsetMs = 0;
  #sleptMs = 0;
  #asleepSinceMs: number | undefined;

  constructor(trueClock: FakeClock) {
    this.#true = trueClock;
  }

  wallMs(): number {
    return this.#true.wallMs() + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return (this.#asleepSinceMs ?? this.#true.monotonicMs()) - this.#sleptMs;
  }

  after(ms: number, run: () => void): Cancel {
    const timer: Timer = { atMs: this.monotonicMs() + Math.max(0, ms), run, cancel: undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => this.#drop(timer);
  }

  /** Timers that have not run. */
  get timers(): number {
    return this.#timers.size;
  }

  turn(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** The monotonic clock stands still, and no timer runs, until {@link MachineClock.wake}. */
  sleep(): void {
    this.#asleepSinceMs = this.#true.monotonicMs();
    for (const timer of this.#timers) {
      timer.cancel?.();
    }
  }

  wake(): void {
    this.#sleptMs += this.#true.monotonicMs() - (this.#asleepSinceMs ?? this.#true.monotonicMs());
    this.#asleepSinceMs = undefined;
    for (const timer of this.#timers) {
      this.#arm(timer);
    }
  }

  /** The process that set them is gone. */
  dropTimers(): void {
    for (const timer of this.#timers) {
      this.#drop(timer);
    }
  }

  #arm(timer: Timer): void {
    if (this.#asleepSinceMs === undefined) {
      timer.cancel = this.#true.after(timer.atMs - this.monotonicMs(), () => {
        this.#timers.delete(timer);
        timer.run();
      });
    }
  }

  #drop(timer: Timer): void {
    timer.cancel?.();
    this.#timers.delete(timer);
  }
}
