/**
 * Everything that a relay takes from the world: time, timers and randomness.
 *
 * The rest of the package takes {@link Effects}; only this module reads a clock or sets a timer, so that tests own both.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';

/** Ends a timer; harmless when it has ended. */
export type Cancel = () => void;

export interface Effects {
  /** Unix time in milliseconds; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since some moment; never jumps. Measures rates and waiting. */
  monotonic(): number;
  random(size: number): Uint8Array;
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** Once everything that has arrived by now was read. */
  soon(run: () => void): void;
}

/** The machine's own. */
export const systemEffects: Effects = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: (size) => randomBytes(size),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  soon: (run) => void setImmediate(run),
};
