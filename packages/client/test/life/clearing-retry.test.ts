/** A history that the other side cleared while this store was full: it is destroyed once there is room, and nothing waits for more. */

import { expect, test } from 'vitest';
import { ClientError } from '../../src/index.ts';
import { World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

test('a store that fails in the middle of clearing is tried again by itself, and what was written goes out then', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let left = Number.POSITIVE_INFINITY;
  const bob = await world.open('Bob', {
    wrap: (store) =>
      storeWith(store, {
        batch: async (batch) => {
          left -= 1;
          if (left < 0) {
            throw new ClientError('STORE_FAILED', 'the disk is full');
          }
          await store.batch(batch);
        },
      }),
  });
  await world.meet(alice, bob);
  for (let i = 0; i < 300; i += 1) {
    await alice.chat().sendText(`${i}`);
  }
  await world.until(() => bob.heard().length === 300);
  await world.advance(10_000);
  // The `clear` is committed, and nothing that it destroys.
  left = 1;
  await alice.chat().clear();
  await world.until(() => bob.told('error').length > 0);
  expect(bob.told('error')[0]).toMatchObject({ code: 'STORE_FAILED', chat: 1 });
  left = Number.POSITIVE_INFINITY;
  await world.advance(6_000);
  expect(await bob.history()).toEqual([]);
  await bob.chat().sendText('empty again');
  await world.until(() => alice.heard().length > 0);
});
