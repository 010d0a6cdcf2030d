/**
 * A self-destruct timer as people type it: `off`, `once`, `90`, `3s`, `1m`, `2h`, `1d`, `1w`.
 *
 * @module
 */

import { TIMER_MAX_SECONDS, type TimerValue } from '@secret-chat/crypto';
import { ProgramError } from '../problem.ts';

const SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** @throws {@link ProgramError} `USAGE` */
export function timerOf(word: string): TimerValue {
  if (word === 'off' || word === 'once') {
    return word;
  }
  const [, number = '', unit = 's'] = /^(\d{1,10})([smhdw])?$/.exec(word) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? 1);
  if (number === '' || seconds < 1 || seconds > TIMER_MAX_SECONDS) {
    throw new ProgramError('USAGE', 'A timer is off, once, or a time such as 3s, 1m, 1h, 1d or 1w.');
  }
  return seconds;
}
