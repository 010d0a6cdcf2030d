import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceLifeClock,
  CLOCK_TOLERANCE_MS,
  type ClockReading,
  lifeClockMark,
  restoreLifeClock,
  startLifeClock,
} from '../../src/timer/index.ts';
import { expectCode } from '../support/errors.ts';

const WALL = 1_700_000_000_000;

function reading(wall: number, monotonic: number): ClockReading {
  return { wallMs: WALL + wall, monotonicMs: monotonic };
}

describe('the life clock within a process', () => {
  it('goes with both clocks while they agree', () => {
    const clock = advanceLifeClock(startLifeClock(reading(0, 50)), reading(1000, 1050));
    expect(clock.nowMs).toBe(WALL + 1000);
  });

  it('goes on when the wall clock is set back', () => {
    const clock = advanceLifeClock(startLifeClock(reading(0, 0)), reading(-86_400_000, 1000));
    expect(clock.nowMs).toBe(WALL + 1000);
    expect(advanceLifeClock(clock, reading(-86_399_000, 2000)).nowMs).toBe(WALL + 2000);
  });

  it('jumps when the wall clock is set forward, and does not jump back', () => {
    const clock = advanceLifeClock(startLifeClock(reading(0, 0)), reading(3_600_000, 10));
    expect(clock.nowMs).toBe(WALL + 3_600_000);
    expect(advanceLifeClock(clock, reading(20, 20)).nowMs).toBe(WALL + 3_600_010);
  });

  it('counts the time that the machine slept', () => {
    expect(advanceLifeClock(startLifeClock(reading(0, 0)), reading(5000, 1)).nowMs).toBe(WALL + 5000);
  });

  it('goes by the wall clock when the monotonic one is broken', () => {
    const clock = advanceLifeClock(startLifeClock(reading(0, 5000)), reading(100, 0));
    expect(clock.nowMs).toBe(WALL + 100);
    expect(advanceLifeClock(clock, reading(0, 50)).nowMs).toBe(WALL + 150);
  });

  it('never goes back and never loses monotonic time, whatever the readings', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: -1e10, max: 1e10 }), fc.double({ min: 0, max: 1e9, noNaN: true })),
    );
    fc.assert(
      fc.property(steps, (list) => {
        let clock = startLifeClock(reading(0, 0));
        let monotonic = 0;
        for (const [wall, elapsed] of list) {
          monotonic += elapsed;
          const next = advanceLifeClock(clock, reading(wall, monotonic));
          expect(next.nowMs).toBeGreaterThanOrEqual(clock.nowMs);
          expect(next.nowMs).toBeGreaterThanOrEqual(WALL + wall);
          expect(next.nowMs - WALL).toBeGreaterThanOrEqual(monotonic - 1);
          clock = next;
        }
      }),
    );
  });

  it('stops at the last time there is, and can still be restored', () => {
    const end = { wallMs: 8.64e15, monotonicMs: 0 };
    const clock = advanceLifeClock(startLifeClock(end), { wallMs: 8.64e15, monotonicMs: 1000 });
    expect(clock.nowMs).toBe(8.64e15);
    expect(restoreLifeClock(lifeClockMark(clock), end).tampered).toBe(false);
  });

  it('refuses what is no time', () => {
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expectCode('INVALID_ARGUMENT', () => startLifeClock({ wallMs: bad, monotonicMs: 0 }));
      expectCode('INVALID_ARGUMENT', () => startLifeClock({ wallMs: 0, monotonicMs: bad }));
      expectCode('INVALID_ARGUMENT', () =>
        advanceLifeClock(startLifeClock(reading(0, 0)), { wallMs: bad, monotonicMs: 0 }),
      );
      expectCode('INVALID_ARGUMENT', () => restoreLifeClock({ nowMs: bad, wallMs: 0 }, reading(0, 0)));
      expectCode('INVALID_ARGUMENT', () => restoreLifeClock({ nowMs: 0, wallMs: bad }, reading(0, 0)));
    }
  });
});

describe('the life clock over a restart', () => {
  const mark = lifeClockMark(startLifeClock(reading(0, 0)));

  it('counts the time in between by the wall clock', () => {
    const { clock, tampered } = restoreLifeClock(mark, reading(60_000, 3));
    expect(tampered).toBe(false);
    expect(clock).toEqual({ nowMs: WALL + 60_000, monotonicMs: 3, wallMs: WALL + 60_000 });
  });

  it('forgives a wall clock that is up to two minutes behind, without going back', () => {
    const { clock, tampered } = restoreLifeClock(mark, reading(-CLOCK_TOLERANCE_MS, 3));
    expect(tampered).toBe(false);
    expect(clock.nowMs).toBe(WALL);
    expect(clock.wallMs).toBe(WALL);
  });

  it('notices a wall clock that is further behind, and takes it for the truth from then on', () => {
    const { clock, tampered } = restoreLifeClock(mark, reading(-CLOCK_TOLERANCE_MS - 1, 3));
    expect(tampered).toBe(true);
    expect(clock.nowMs).toBe(WALL - CLOCK_TOLERANCE_MS - 1);
    const again = restoreLifeClock(lifeClockMark(clock), reading(-CLOCK_TOLERANCE_MS, 9));
    expect(again.tampered).toBe(false);
  });

  it('keeps the time that passed while the wall clock stood still or was set back', () => {
    // 59 s of use, then a restart with the wall clock where it was: the 59 s are not given back.
    const used = advanceLifeClock(startLifeClock(reading(0, 0)), reading(-1000, 59_000));
    const { clock, tampered } = restoreLifeClock(lifeClockMark(used), reading(0, 0));
    expect(tampered).toBe(false);
    expect(clock.nowMs).toBe(WALL + 59_000);
  });

  it('does not take a fast monotonic clock for tampering', () => {
    // 30 days at 50 ppm too fast: 130 s ahead of the wall clock.
    const days = 30 * 86_400_000;
    const fast = advanceLifeClock(startLifeClock(reading(0, 0)), reading(days, days + 130_000));
    const { clock, tampered } = restoreLifeClock(lifeClockMark(fast), reading(days, 0));
    expect(tampered).toBe(false);
    expect(clock.nowMs).toBe(WALL + days + 130_000);
  });

  it('is stored in whole milliseconds, and no fraction is won', () => {
    const clock = advanceLifeClock(startLifeClock(reading(0, 0)), reading(0, 10.25));
    expect(lifeClockMark(clock)).toEqual({ nowMs: WALL + 11, wallMs: WALL });
  });
});
