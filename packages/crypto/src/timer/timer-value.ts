/**
 * The self-destruct timer that a message carries, and its four bytes on the wire.
 *
 * Spec: docs/protocol/timers.md §1.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';

/** Wire value of 'off': the message stays. */
export const TIMER_OFF = 0;
/** Wire value of 'once': hidden until viewed, destroyed when the viewer closes. */
export const TIMER_ONCE = 0xffff_ffff;
/** The longest timer, in seconds (136 years): one less than {@link TIMER_ONCE}. */
export const TIMER_MAX_SECONDS = 0xffff_fffe;

/** 'off', 'once', or whole seconds from 1 to {@link TIMER_MAX_SECONDS}. */
export type TimerValue = 'off' | 'once' | number;

/**
 * The u32 that stands for `value`.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for anything that is no {@link TimerValue}
 */
export function timerToWire(value: TimerValue): number {
  if (value === 'off') {
    return TIMER_OFF;
  }
  if (value === 'once') {
    return TIMER_ONCE;
  }
  if (!Number.isInteger(value) || value < 1 || value > TIMER_MAX_SECONDS) {
    throw new CryptoError('INVALID_ARGUMENT', `a timer is 'off', 'once' or 1 to ${TIMER_MAX_SECONDS} seconds`);
  }
  return value;
}

/**
 * The timer that the u32 `wire` stands for; every u32 stands for one.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `wire` is an integer of 0 to 2^32-1
 */
export function timerFromWire(wire: number): TimerValue {
  if (!Number.isInteger(wire) || wire < 0 || wire > TIMER_ONCE) {
    throw new CryptoError('INVALID_ARGUMENT', 'a timer on the wire is a 32-bit unsigned integer');
  }
  if (wire === TIMER_OFF) {
    return 'off';
  }
  return wire === TIMER_ONCE ? 'once' : wire;
}
