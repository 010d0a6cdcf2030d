import { expect, test } from 'vitest';
import { Retry } from '../../src/retry.ts';
import { FakeClock } from '../support/fake-clock.ts';

const DELAY_MS = 5_000;

function retrying(again?: (retry: Retry) => void) {
  const clock = new FakeClock();
  const tries: number[] = [];
  const retry = new Retry(clock, DELAY_MS, () => {
    tries.push(clock.monotonicMs());
    again?.(retry);
  });
  return { clock, retry, tries };
}

test('however many failures there are meanwhile, it is tried again once, after the delay of the first', async () => {
  const { clock, retry, tries } = retrying();
  expect(retry.isWaiting).toBe(false);
  retry.schedule();
  await clock.advance(DELAY_MS - 1);
  retry.schedule();
  expect(retry.isWaiting).toBe(true);
  await clock.advance(10 * DELAY_MS);
  expect(tries).toEqual([DELAY_MS]);
  expect(retry.isWaiting).toBe(false);
});

test('what fails at once when it is tried again is tried once more, and not sooner', async () => {
  const { clock, retry, tries } = retrying((it) => it.schedule());
  retry.schedule();
  await clock.advance(3 * DELAY_MS);
  expect(tries).toEqual([DELAY_MS, 2 * DELAY_MS, 3 * DELAY_MS]);
  expect(clock.timers).toBe(1);
});

test('cancelled, it waits for the next failure', async () => {
  const { clock, retry, tries } = retrying();
  retry.schedule();
  retry.cancel();
  expect(retry.isWaiting).toBe(false);
  expect(clock.timers).toBe(0);
  await clock.advance(DELAY_MS);
  retry.schedule();
  await clock.advance(DELAY_MS);
  expect(tries).toEqual([2 * DELAY_MS]);
});

test('stopped, it waits for nothing any more, and sets no timer for what fails later', async () => {
  const { clock, retry, tries } = retrying();
  retry.schedule();
  retry.stop();
  retry.schedule();
  expect(clock.timers).toBe(0);
  expect(retry.isWaiting).toBe(false);
  await clock.advance(10 * DELAY_MS);
  expect(tries).toEqual([]);
});
