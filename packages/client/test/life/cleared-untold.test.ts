/** What was cleared before the program listened is not told, even while the store refuses to destroy it. */

import { expect, test } from 'vitest';
import { FailingStore } from '../support/failing-store.ts';
import { World } from '../support/people.ts';

test('a text that is cleared and not destroyed yet is not told any more', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let store: FailingStore | undefined;
  const bob = await world.open('Bob', {
    isListening: false,
    wrap: (inner) => {
      store = new FailingStore(inner);
      return store;
    },
  });
  await world.meet(alice, bob);
  await alice.chat().sendText('cleared before anybody listened');
  await world.until(async () => (await bob.history()).length === 1);
  await world.advance(10_000);
  const disk = store as FailingStore;
  const marked = disk.batches + 1;
  disk.fails = (batch) => batch > marked;
  await expect(bob.chat().clear()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await bob.history()).toEqual([]);
  bob.listen();
  await world.advance(1_000);
  expect(bob.told('message')).toEqual([]);
});
