import { describe, expect, test } from 'vitest';
import { PutPace } from '../../src/link/put-pace.ts';

/** Puts for so long, as fast as the pace lets it; returns how often. */
function putFor(pace: PutPace, fromMs: number, ms: number): number {
  let count = 0;
  for (let now = fromMs + pace.waitMs(fromMs); now < fromMs + ms; now += Math.max(0.01, pace.waitMs(now))) {
    pace.sent(now);
    pace.accepted();
    count++;
  }
  return count;
}

describe('the pace of puts', () => {
  test('is not slowed down by anything but a refusal', () => {
    const pace = new PutPace();
    for (let i = 0; i < 1000; i++) {
      expect(pace.waitMs(0)).toBe(0);
      pace.sent(0);
    }
  });

  test('waits as long as the relay wants, but not for hours', () => {
    const pace = new PutPace();
    pace.limited(pace.sent(1000), 1000, 250);
    expect(pace.waitMs(1000)).toBe(250);
    expect(pace.waitMs(1250)).toBe(0);
    pace.limited(pace.sent(2000), 2000, 24 * 3_600_000);
    expect(pace.waitMs(2000)).toBe(60_000);
    // A later refusal of the same moment does not shorten it.
    pace.limited(pace.sent(2000), 2000, 1);
    expect(pace.waitMs(2000)).toBeGreaterThanOrEqual(60_000);
  });

  test('widens once for many that were refused together', () => {
    const pace = new PutPace();
    const tickets = Array.from({ length: 64 }, () => pace.sent(0));
    for (const ticket of tickets) {
      pace.limited(ticket, 0, 5);
    }
    pace.sent(5);
    expect(pace.waitMs(5)).toBeLessThan(2);
  });

  test('narrows again, and is none after a while', () => {
    const pace = new PutPace();
    for (let i = 0; i < 6; i++) {
      pace.limited(pace.sent(0), 0, 0);
    }
    const atFirst = putFor(pace, 0, 1000);
    expect(atFirst).toBeLessThan(200);
    const later = putFor(pace, 1000, 10_000) / 10;
    expect(later).toBeGreaterThan(1.3 * atFirst);
    putFor(pace, 11_000, 50_000);
    pace.sent(61_000);
    expect(pace.waitMs(61_000)).toBe(0);
  });

  test('does not grow beyond a second', () => {
    const pace = new PutPace();
    for (let i = 0; i < 100; i++) {
      pace.limited(pace.sent(0), 0, 0);
    }
    const now = 200_000;
    const before = pace.waitMs(now);
    pace.sent(now);
    expect(pace.waitMs(now) - before).toBeLessThanOrEqual(1000);
  });

  test('makes up for timers that come late, and for no more than a second', () => {
    const pace = new PutPace();
    for (let i = 0; i < 6; i++) {
      pace.limited(pace.sent(0), 0, 0);
    }
    const burstAfter = (now: number) => {
      let burst = 0;
      for (; pace.waitMs(now) === 0; burst++) {
        pace.sent(now);
      }
      return burst;
    };
    const second = burstAfter(10_000);
    expect(second).toBeGreaterThan(100);
    expect(burstAfter(100_000)).toBeLessThanOrEqual(second + 1);
  });
});
