import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { FailingStore } from '../support/failing-store.ts';
import { World } from '../support/people.ts';

test('an acknowledgement that could not be sealed, as the disk was full, goes out when there is room', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let store: FailingStore | undefined;
  const bob = await world.open('Bob', {
    wrap: (inner) => {
      store = new FailingStore(inner);
      return store;
    },
  });
  await world.meet(alice, bob);
  await world.advance(10_000);
  await alice.chat().sendText('here?');
  await world.until(() => bob.heard().length === 1, 300, 1);
  const full = store as FailingStore;
  full.fails = () => true;
  await world.advance(2_000);
  expect(bob.told('error').length).toBeGreaterThan(0);
  full.fails = () => false;
  const { session } = alice.chat() as LiveChat;
  expect(session.outbox.size).toBe(1);
  await world.advance(10_000);
  expect(session.outbox.size).toBe(0);
});
