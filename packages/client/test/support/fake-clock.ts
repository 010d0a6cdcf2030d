/** A clock that stands still until it is moved. */

import type { Cancel, Clock } from '../../src/effects.ts';

const START_WALL_MS = 1_800_000_000_000;

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #monotonicMs = 0;
  #wallOffsetMs = START_WALL_MS;
  readonly #timers = new Set<Timer>();

  wallMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { atMs: this.#monotonicMs + Math.max(0, ms), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that have not run. */
  get timers(): number {
    return this.#timers.size;
  }

  /** The wall clock is set, or the machine slept: nothing runs, and the monotonic clock stands still. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Moves both clocks; runs every timer on the way, in order, and between them whatever follows from each. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await settled();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.atMs);
      this.#timers.delete(next);
      next.run();
      await settled();
    }
    this.#monotonicMs = end;
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= end && (first === undefined || timer.atMs < first.atMs)) {
        first = timer;
      }
    }
    return first;
  }
}

/** Once everything that is to happen without time passing, and without sockets, has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
