import { describe, expect, test } from 'vitest';
import { NetworkRates, TokenBucket } from '../../src/server/rate-limit.ts';

describe('a bucket', () => {
  test('is full at first, refills evenly, and never above its size', () => {
    const bucket = new TokenBucket(2, 2000, 0);
    expect([bucket.take(1, 0), bucket.take(1, 0), bucket.take(1, 0)]).toEqual([0, 0, 1000]);
    expect(bucket.take(1, 999)).toBe(1);
    expect(bucket.take(1, 1000)).toBe(0);
    expect([bucket.take(2, 10_000), bucket.take(1, 10_000)]).toEqual([0, 1000]);
    bucket.give(5);
    expect(bucket.isFull(10_000)).toBe(true);
    expect([bucket.take(2, 10_000), bucket.take(1, 10_000)]).toEqual([0, 1000]);
  });

  test('a full one gives all of it at any moment, however fractions of its time are rounded', () => {
    const refused: number[] = [];
    for (let now = 0.1; now < 1e9; now = now * 1.0007 + 0.123456789) {
      for (const capacity of [1, 3, 7, 1e9]) {
        if (new TokenBucket(capacity, 60_000, now).take(capacity, now) !== 0) {
          refused.push(now);
        }
      }
    }
    expect(refused).toEqual([]);
  });

  test('a clock that goes back gives nothing', () => {
    const bucket = new TokenBucket(1, 1000, 5000);
    expect([bucket.take(1, 5000), bucket.take(1, 1000) > 0, bucket.take(1, 5500)]).toEqual([0, true, 500]);
  });

  test('debt is paid before more is given', () => {
    const bucket = new TokenBucket(1, 1000, 0);
    bucket.spend(3, 0);
    expect([bucket.wait(0, 0), bucket.wait(1, 0)]).toEqual([2000, 3000]);
    expect(bucket.take(1, 2500)).toBe(500);
  });
});

describe('rates by network', () => {
  test('networks do not share', () => {
    const rates = new NetworkRates(1, 1000);
    expect([rates.take('a', 0), rates.take('a', 0), rates.take('b', 0)]).toEqual([0, 1000, 0]);
    expect([rates.peek('a', 1000), rates.peek('a', 1000), rates.take('a', 1000)]).toEqual([0, 0, 0]);
  });

  test('who is idle is forgotten', () => {
    const rates = new NetworkRates(2, 1000);
    for (let i = 0; i < 100; i++) {
      rates.take(`${i}`, 0);
    }
    rates.take('late', 400);
    rates.sweep(500);
    expect(rates.size).toBe(1);
    rates.sweep(2000);
    expect(rates.size).toBe(0);
  });

  test('the number of networks is bounded', () => {
    const rates = new NetworkRates(1, 1e9);
    for (let i = 0; i < 100_500; i++) {
      rates.take(`${i}`, 0);
    }
    expect(rates.size).toBe(100_000);
    expect([rates.take('0', 0), rates.take('100499', 0) > 0]).toEqual([0, true]);
  });
});
