/** A clock that runs faster than the machine's: what waits a minute there waits a second here. */

import type { Clock } from '../../src/effects.ts';

/** @param factor how many milliseconds pass in one of the machine's */
export function scaledClock(factor: number): Clock {
  const start = performance.now();
  const startWall = Date.now();
  const passed = () => (performance.now() - start) * factor;
  return {
    wallMs: () => startWall + passed(),
    monotonicMs: passed,
    after(ms, run) {
      const timer = setTimeout(run, ms / factor);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
