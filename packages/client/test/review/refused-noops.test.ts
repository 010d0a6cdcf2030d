/** A relay that takes nothing for a while costs nothing but time. */

import { expect, test } from 'vitest';
import type { LyingRelay } from '../support/lying-relay.ts';
import { World } from '../support/people.ts';

test('an acknowledgement that is refused for long does not use up the turn, and the chat goes on', async () => {
  const world = await World.create(['wss://one.test', 'wss://two.test']);
  const alice = await world.open('Alice', { relay: 'wss://one.test' });
  const bob = await world.open('Bob', { relay: 'wss://two.test' });
  await world.meet(alice, bob);
  const hers = world.relays.get('wss://one.test') as LyingRelay;
  hers.on('put', (turn) => turn.refuse('RATE_LIMITED', 1_000));
  await alice.chat().sendText('are you there?');
  await world.until(() => bob.heard().includes('are you there?'));
  // More often than a turn has messages.
  await world.advance(1_200_000);
  hers.honest();
  await world.advance(60_000);
  await bob.chat().sendText('yes');
  await world.advance(10_000);
  expect(alice.heard()).toEqual(['yes']);
});
