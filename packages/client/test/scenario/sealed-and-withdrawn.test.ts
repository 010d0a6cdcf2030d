/** What was sealed to be put at once, and withdrawn before it could be. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

test('as many as may be under way: what goes out in their place and what comes after them is sent', async () => {
  const world = await World.create();
  let atNextCommits: (() => void)[] = [];
  const alice = await world.open('Alice', {
    wrap: (store) =>
      storeWith(store, {
        batch: async (batch) => {
          atNextCommits.shift()?.();
          await store.batch(batch);
        },
      }),
  });
  const bob = await world.open('Bob');
  await world.meet(alice, bob);
  // The connection ends while the last of them are committed with their envelopes.
  atNextCommits = [() => {}, () => alice.goOffline()];
  const sent = await Promise.all(Array.from({ length: 128 }, (_, i) => alice.chat().sendText(`${i}`)));
  const { outbox } = (alice.chat() as LiveChat).session;
  expect([...outbox.entries()].filter(([, { sealed }]) => sealed)).toHaveLength(128);
  await alice.chat().deleteMessages(sent.map(({ n }) => n));
  await alice.chat().sendText('after them');
  alice.goOnline();
  await world.until(() => bob.heard().length > 0);
  expect(bob.heard()).toEqual(['after them']);
});
