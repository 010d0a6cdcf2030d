import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countdownChangesIn, countdownText } from '../../src/views/countdown-text.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

describe('a countdown', () => {
  it.each([
    [0, '0s'],
    [1, '1s'],
    [3 * SECOND, '3s'],
    [59.5 * SECOND, '1:00'],
    [299 * SECOND, '4:59'],
    [HOUR, '1h 00m'],
    [HOUR + 1, '1h 01m'],
    [DAY, '1d 00h'],
    [7 * DAY - SECOND, '7d 00h'],
    [6.9 * DAY, '6d 22h'],
  ])('of %i ms is told as %s', (left, text) => {
    expect(countdownText(left)).toBe(text);
  });

  it('changes when it says so, not before, and at most once a second but for its first and last step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 * DAY }), (left) => {
        const wait = countdownChangesIn(left);
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(wait).toBeLessThanOrEqual(left);
        expect(countdownText(left - wait + 1)).toBe(countdownText(left));
        const later = left - wait;
        expect(later === 0 || countdownChangesIn(later) >= SECOND).toBe(true);
      }),
    );
  });
});
