import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TIMER_MAX_SECONDS,
  TIMER_OFF,
  TIMER_ONCE,
  type TimerValue,
  timerFromWire,
  timerToWire,
} from '../../src/timer/index.ts';
import { expectCode } from '../support/errors.ts';

describe('a timer value', () => {
  it('has four bytes on the wire', () => {
    expect(timerToWire('off')).toBe(0);
    expect(timerToWire('once')).toBe(0xffff_ffff);
    expect(timerToWire(1)).toBe(1);
    expect(timerToWire(TIMER_MAX_SECONDS)).toBe(0xffff_fffe);
    expect(timerFromWire(TIMER_OFF)).toBe('off');
    expect(timerFromWire(TIMER_ONCE)).toBe('once');
    expect(timerFromWire(604_800)).toBe(604_800);
  });

  it('comes back from every u32', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (wire) => timerToWire(timerFromWire(wire)) === wire),
    );
  });

  it('is nothing else', () => {
    for (const bad of [0, -1, 1.5, 0xffff_ffff, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY, 'never', undefined]) {
      expectCode('INVALID_ARGUMENT', () => timerToWire(bad as TimerValue));
    }
    for (const bad of [-1, 0.5, 2 ** 32, Number.NaN]) {
      expectCode('INVALID_ARGUMENT', () => timerFromWire(bad));
    }
  });
});
