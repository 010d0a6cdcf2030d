/**
 * When things are forgotten, rounded up so that the time of use is not stored.
 *
 * Spec: docs/protocol/relay.md §2 and §8.2.
 *
 * @module
 */

import { MAX_IDLE_WEEKS, MAX_TTL_HOURS, MIN_IDLE_WEEKS, MIN_TTL_HOURS } from '@secret-chat/wire';

const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;

/** Of an envelope or a piece: Unix seconds, rounded up to the hour. `undefined` when `hours` is out of range. */
export function ttlExpiry(now: number, hours: number): number | undefined {
  return within(hours, MIN_TTL_HOURS, MAX_TTL_HOURS) ? roundUp(now + hours * HOUR, HOUR) : undefined;
}

/** Of a mailbox or a card: Unix seconds, rounded up to the week. `undefined` when `weeks` is out of range. */
export function idleExpiry(now: number, weeks: number): number | undefined {
  return within(weeks, MIN_IDLE_WEEKS, MAX_IDLE_WEEKS) ? roundUp(now + weeks * WEEK, WEEK) : undefined;
}

function within(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
