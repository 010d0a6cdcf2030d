/** What a text costs: one commit with its envelope if it can be put at once, and nothing is put before that. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { FailingStore } from '../support/failing-store.ts';
import { World } from '../support/people.ts';

async function talk() {
  const world = await World.create();
  let store: FailingStore | undefined;
  const alice = await world.open('Alice', {
    wrap: (inner) => {
      store = new FailingStore(inner);
      return store;
    },
  });
  const bob = await world.open('Bob');
  await world.meet(alice, bob);
  const counted = store as FailingStore;
  counted.batches = 0;
  return { world, alice, bob, store: counted };
}

test('a text that can be put at once is sealed in the commit that writes it', async () => {
  const { world, alice, bob, store } = await talk();
  const before: number[] = [];
  world.relay.on('put', (turn) => {
    before.push(store.batches);
    turn.honestly();
  });
  await alice.chat().sendText('at once');
  await world.until(() => bob.heard().length === 1);
  expect(before[0]).toBe(1);
});

test('texts that are written together are sealed together', async () => {
  const { world, alice, bob, store } = await talk();
  const before: number[] = [];
  world.relay.on('put', (turn) => {
    before.push(store.batches);
    turn.honestly();
  });
  await Promise.all(Array.from({ length: 50 }, (_, i) => alice.chat().sendText(`${i}`)));
  await world.until(() => bob.heard().length === 50);
  expect(before[0]).toBeLessThanOrEqual(2);
  expect(bob.heard()).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
});

test('without a connection nothing is sealed: the window is for what is on its way', async () => {
  const { world, alice, bob } = await talk();
  alice.goOffline();
  await world.advance(1_000);
  await alice.chat().sendText('later');
  const { outbox } = (alice.chat() as LiveChat).session;
  expect([...outbox.entries()].map(([, { sealed }]) => sealed)).toEqual([false]);
  alice.goOnline();
  await world.until(() => bob.heard().length === 1);
});
