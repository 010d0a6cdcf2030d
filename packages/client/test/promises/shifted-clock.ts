/** The machine's clock, with time that a test adds to it. */

import type { Cancel, Clock } from '../../src/effects.ts';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

export class ShiftedClock implements Clock {
  #aheadMs = 0;
  readonly #timers = new Set<Timer>();

  wallMs(): number {
    return Date.now() + this.#aheadMs;
  }

  monotonicMs(): number {
    return performance.now() + this.#aheadMs;
  }

  after(ms: number, run: () => void): Cancel {
    const fire = () => {
      cancel();
      run();
    };
    const timer = { atMs: this.monotonicMs() + ms, fire };
    const due = setTimeout(fire, Math.min(ms, 2 ** 31 - 1));
    due.unref();
    const cancel = () => {
      clearTimeout(due);
      this.#timers.delete(timer);
    };
    this.#timers.add(timer);
    return cancel;
  }

  /** So much time has passed at once; what was due in it happens now, in its order. */
  advance(ms: number): void {
    this.#aheadMs += ms;
    const now = this.monotonicMs();
    const due = [...this.#timers].filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) {
      if (this.#timers.has(timer)) {
        timer.fire();
      }
    }
  }
}
