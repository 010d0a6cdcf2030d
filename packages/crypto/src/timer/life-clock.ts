/**
 * A clock for countdowns that turning the wall clock cannot slow down.
 *
 * The monotonic clock stands still while the machine sleeps, and the wall clock can be turned; the life clock
 * follows whichever went further. All times are in milliseconds, wall times since 1970 UTC.
 *
 * Spec: docs/protocol/timers.md §3.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';

/** How far the wall clock may be set back at a start: honest corrections of a clock are smaller. */
export const CLOCK_TOLERANCE_MS = 120_000;

/** The last time that ECMAScript's `Date` can tell (ECMA-262 §21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** Both clocks of the machine, read together. */
export interface ClockReading {
  readonly wallMs: number;
  /** From any origin, the same for the whole life of the process. */
  readonly monotonicMs: number;
}

/** The state of the clock within one process. `nowMs` is the time that countdowns go by. */
export interface LifeClock {
  readonly nowMs: number;
  readonly monotonicMs: number;
  /** The highest wall time seen. */
  readonly wallMs: number;
}

/** What outlives the process; whole milliseconds. */
export interface ClockMark {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** A clock that goes on, and whether someone set the wall clock back in the meantime. */
export interface RestoredClock {
  readonly clock: LifeClock;
  /** If true, every started countdown counts as run out (a `restart` event). */
  readonly tampered: boolean;
}

/**
 * The clock of a store that has no mark yet.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a reading that is no time
 */
export function startLifeClock(reading: ClockReading): LifeClock {
  requireReading(reading);
  return { nowMs: reading.wallMs, monotonicMs: reading.monotonicMs, wallMs: reading.wallMs };
}

/**
 * The clock after a new reading; it never goes back.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a reading that is no time
 */
export function advanceLifeClock(clock: LifeClock, reading: ClockReading): LifeClock {
  requireReading(reading);
  // now' = max(now + Δmonotonic, wall)
  const elapsed = Math.max(0, reading.monotonicMs - clock.monotonicMs);
  return {
    nowMs: Math.min(Math.max(clock.nowMs + elapsed, reading.wallMs), MAX_TIME_MS),
    monotonicMs: reading.monotonicMs,
    wallMs: Math.max(clock.wallMs, reading.wallMs),
  };
}

/** What to store (§3): rounded so that no fraction of a millisecond is won by restarting. */
export function lifeClockMark(clock: LifeClock): ClockMark {
  return { nowMs: Math.ceil(clock.nowMs), wallMs: Math.floor(clock.wallMs) };
}

/**
 * The clock of a new process, from the mark that the last one stored.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a reading or a mark that is no time
 */
export function restoreLifeClock(mark: ClockMark, reading: ClockReading): RestoredClock {
  const fresh = startLifeClock(reading);
  requireTime(mark.nowMs, 'stored time');
  requireTime(mark.wallMs, 'stored wall time');
  if (mark.wallMs - reading.wallMs > CLOCK_TOLERANCE_MS) {
    return { clock: fresh, tampered: true };
  }
  const clock = {
    nowMs: Math.max(mark.nowMs, reading.wallMs),
    monotonicMs: reading.monotonicMs,
    wallMs: Math.max(mark.wallMs, reading.wallMs),
  };
  return { clock, tampered: false };
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `timeMs` is a number of 0 to {@link MAX_TIME_MS} */
export function requireTime(timeMs: number, what: string): void {
  if (!(timeMs >= 0 && timeMs <= MAX_TIME_MS)) {
    throw new CryptoError('INVALID_ARGUMENT', `${what} must be 0 to ${MAX_TIME_MS} ms`);
  }
}

function requireReading(reading: ClockReading): void {
  requireTime(reading.wallMs, 'wall clock');
  requireTime(reading.monotonicMs, 'monotonic clock');
}
