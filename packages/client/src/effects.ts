/**
 * Everything that the client takes from the world besides its store and its sockets: time, timers and randomness.
 *
 * Only `platform.ts` reads a clock or sets a timer; the rest is handed {@link Effects}, so that tests own both.
 *
 * @module
 */

import type { RandomSource } from '@secret-chat/crypto';

/** Ends a timer; harmless when it has ended. */
export type Cancel = () => void;

/** The two clocks of a machine, and its timers. */
export interface Clock {
  /** Unix time in milliseconds; may jump when the machine's clock is set. */
  wallMs(): number;
  /** Milliseconds since some moment; never jumps, and may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** Calls `run` once, `ms` from now. Must not keep a process alive: the open device does. */
  after(ms: number, run: () => void): Cancel;
}

export interface Effects {
  readonly clock: Clock;
  readonly random: RandomSource;
}
