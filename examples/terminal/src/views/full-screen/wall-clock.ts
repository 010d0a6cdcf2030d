/**
 * The time by which countdowns are shown.
 *
 * @module
 */

export interface WallClock {
  /** Unix time in milliseconds. */
  now(): number;
  /** @returns what takes it back */
  after(ms: number, call: () => void): () => void;
}

/** Longer ones fire at once; whoever waits looks again anyway. */
const LONGEST_MS = 3_600_000;

export const systemClock: WallClock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, LONGEST_MS));
    return () => clearTimeout(timer);
  },
};
