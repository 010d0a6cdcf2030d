/**
 * The platform's own clock and randomness: the only module of the core that reads them.
 *
 * @module
 */

import { MAX_DELAY_MS, systemRandom } from '@secret-chat/crypto';
import type { Cancel, Clock, Effects } from './effects.ts';

const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, MAX_DELAY_MS)) as unknown as { unref?(): void };
    // What keeps a process alive is the open device (`keepProcess`), not one of its many timers.
    timer.unref?.();
    return () => clearTimeout(timer as unknown as number);
  },
};

export const systemEffects: Effects = { clock: systemClock, random: systemRandom };

/**
 * Keeps Node's process alive until the function that it returns is called, as an open server does: otherwise a program whose
 * relay cannot be reached would end while it waits for it.
 */
export function keepProcess(): Cancel {
  const timer = setInterval(() => {}, MAX_DELAY_MS);
  return () => clearInterval(timer);
}

/** A Unix time in milliseconds as people and programs read it: `2026-11-23T09:00:00.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
