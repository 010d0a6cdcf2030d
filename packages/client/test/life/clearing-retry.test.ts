/** A history that was cleared while this store was full: it is destroyed once there is room, and nothing waits for more. */

import { expect, test } from 'vitest';
import { ClientError } from '../../src/index.ts';
import { World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

/** Alice's store takes `room.left` batches more. */
async function talk() {
  const world = await World.create();
  const room = { left: Number.POSITIVE_INFINITY };
  const alice = await world.open('Alice', {
    wrap: (store) =>
      storeWith(store, {
        batch: async (batch) => {
          room.left -= 1;
          if (room.left < 0) {
            throw new ClientError('STORE_FAILED', 'the disk is full');
          }
          await store.batch(batch);
        },
      }),
  });
  const bob = await world.open('Bob');
  await world.meet(alice, bob);
  for (let i = 0; i < 100; i += 1) {
    await bob.chat().sendText(`${i}`);
  }
  await world.until(() => alice.heard().length === 100);
  await world.advance(10_000);
  return { world, alice, bob, room };
}

test('what they cleared goes by itself, and what was written goes out then', async () => {
  const { world, alice, bob, room } = await talk();
  // The `clear` is committed, and nothing that it destroys.
  room.left = 1;
  await bob.chat().clear();
  await world.until(() => alice.told('error').length > 0);
  expect(alice.told('error')[0]).toMatchObject({ code: 'STORE_FAILED', chat: 1 });
  room.left = Number.POSITIVE_INFINITY;
  await world.advance(6_000);
  expect(await alice.history()).toEqual([]);
  await alice.chat().sendText('empty again');
  await world.until(() => bob.heard().length > 0);
});

test('what was cleared here goes by itself, although the call failed, and what was written goes out then', async () => {
  const { world, alice, bob, room } = await talk();
  room.left = 1;
  await expect(alice.chat().clear()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  room.left = Number.POSITIVE_INFINITY;
  await alice.chat().sendText('empty again');
  await world.until(() => bob.heard().length > 0);
  expect(await alice.read()).toEqual(['me: empty again']);
});

test('an end that failed in the middle is told by itself', async () => {
  const { world, alice, bob, room } = await talk();
  room.left = 1;
  await expect(alice.chat().end()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  room.left = Number.POSITIVE_INFINITY;
  await world.until(() => bob.told('ended').length > 0);
  await world.until(() => alice.chats.length === 0);
});
