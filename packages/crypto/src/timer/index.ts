/**
 * Self-destruct: timer values, the life clock, countdowns and the queue of deadlines.
 *
 * @module
 */

export * from './countdown.ts';
export * from './deadline-queue.ts';
export {
  advanceLifeClock,
  CLOCK_TOLERANCE_MS,
  type ClockMark,
  type ClockReading,
  type LifeClock,
  lifeClockMark,
  type RestoredClock,
  restoreLifeClock,
  startLifeClock,
} from './life-clock.ts';
export * from './stored-countdown.ts';
export * from './timer-value.ts';
