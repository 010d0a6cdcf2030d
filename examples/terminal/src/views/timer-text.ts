/**
 * Self-destruct timers, as people write them: `off`, `once`, `3s`, `1m`, `1h`, `1d`, `1w`.
 *
 * @module
 */

import type { TimerValue } from '@secret-chat/crypto';

/** The largest unit that divides the timer is the one it is shown in. */
const UNITS = [
  ['w', 604_800],
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

export function timerText(timer: TimerValue): string {
  if (typeof timer === 'string') {
    return timer;
  }
  const [name, seconds] = UNITS.find(([, size]) => timer % size === 0) ?? ['s', 1];
  return `${timer / seconds}${name}`;
}
