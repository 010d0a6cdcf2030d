/** Waiting times that are longer than a timer of the platform can be. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemEffects } from '../../src/platform.ts';
import { World } from '../support/people.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a timer of months does not fire at once', () => {
  const run = vi.fn();
  systemEffects.clock.after(2 ** 40, run);
  vi.advanceTimersByTime(86_400_000);
  expect(run).not.toHaveBeenCalled();
});

test('a relay that asks for a pause of a thousand years is asked again within the hour', async () => {
  vi.useRealTimers();
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  world.relay.on('put', (turn) => turn.refuse('MAILBOX_FULL', Number.MAX_SAFE_INTEGER));
  await alice.chat().sendText('hello');
  await world.advance(1_000);
  world.relay.honest();
  await world.until(() => bob.heard().includes('hello'), 3_700_000, 10_000);
});

test('a relay that refuses everything and asks for no pause does not keep this device busy', async () => {
  vi.useRealTimers();
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  world.relay.on('put', (turn) => turn.refuse('MAILBOX_FULL', 0));
  const before = world.relay.count('put');
  await alice.chat().sendText('hello');
  for (let i = 0; i < 1_000; i++) {
    await world.advance(1);
  }
  expect(world.relay.count('put') - before).toBeLessThan(20);
});
