/** The queue of deadlines. */

import { DeadlineQueue } from '../src/index.ts';
import type { Benchmark } from './benchmark.ts';

const COUNT = 1_000_000;
/** After every deadline. */
const LATER: number = 2 ** 33;

/** Deadlines in no order, the same each time (a full-period linear congruence modulo 2^20, cut to a million). */
function deadlines(): Float64Array {
  const out = new Float64Array(COUNT);
  let value = 1;
  for (let i = 0; i < COUNT; i++) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
    out[i] = value;
  }
  return out;
}

export const timer: readonly Benchmark[] = [
  {
    name: 'timer-schedule-1M',
    unit: 'ms',
    calls: 5,
    setup() {
      const due = deadlines();
      return () => {
        const queue = new DeadlineQueue<number>();
        for (let id = 0; id < COUNT; id++) {
          queue.set(id, due[id] as number);
        }
      };
    },
  },
  {
    name: 'timer-take-due-1M',
    unit: 'ms',
    calls: 3,
    setup() {
      const due = deadlines();
      return () => {
        const queue = new DeadlineQueue<number>();
        for (let id = 0; id < COUNT; id++) {
          queue.set(id, due[id] as number);
        }
        while (queue.takeDue(LATER, 1000).length > 0) {
          // Emptied a thousand at a time, as a client does it.
        }
      };
    },
  },
];
