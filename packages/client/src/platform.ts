/**
 * The platform's own clock and randomness: the only module of the core that reads them.
 *
 * @module
 */

import { MAX_DELAY_MS, systemRandom } from '@secret-chat/crypto';
import type { Clock, Effects } from './effects.ts';

const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, MAX_DELAY_MS)) as unknown as { unref?(): void };
    // Node keeps a process alive for its timers; an embedding program decides for itself how long it lives.
    timer.unref?.();
    return () => clearTimeout(timer as unknown as number);
  },
};

export const systemEffects: Effects = { clock: systemClock, random: systemRandom };

/** A Unix time in milliseconds as people and programs read it: `2026-11-23T09:00:00.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
