/** Deadlines while a store fails in part: what fails stops nothing else, and is tried again at its own pace. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { ClientError } from '../../src/index.ts';
import { type Person, World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

const SECOND = 1_000;

/** Sends texts with these timers, one after the other; gives their numbers at the recipient once all are read there. */
async function readTimed(
  world: World,
  { from, to, chat, timers }: { from: Person; to: Person; chat: number; timers: readonly number[] },
): Promise<number[]> {
  for (const timer of timers) {
    await from.chat().setTimer(timer);
    await from.chat().sendText(`${timer}`);
  }
  await world.until(() => to.heard(chat).length === timers.length);
  const numbers = (await to.history(chat)).filter(({ kind }) => kind === 'text').map(({ n }) => n);
  await to.chat(chat).markRead(numbers);
  return numbers;
}

const failing = () => Promise.reject(new ClientError('STORE_DAMAGED', 'a record of this chat is damaged'));

test('a store that cannot be read after something was destroyed: what is next in the chat is destroyed in its time', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let isFull = false;
  let isUnreadable = false;
  const bob = await world.open('Bob', {
    wrap: (store) =>
      storeWith(store, {
        range: (query) => (isUnreadable ? failing() : store.range(query)),
        batch: async (batch) => {
          await store.batch(batch);
          isUnreadable = isFull;
        },
      }),
  });
  await world.meet(alice, bob);
  await readTimed(world, { from: alice, to: bob, chat: 1, timers: [60, 120] });
  await world.advance(55 * SECOND);
  isFull = true;
  await world.advance(6 * SECOND);
  isFull = false;
  isUnreadable = false;
  await world.advance(10 * SECOND);
  expect(bob.told('error')).toContainEqual(expect.objectContaining({ code: 'STORE_DAMAGED' }));
  expect(bob.told('destroyed')).toHaveLength(1);
  await world.advance(50 * SECOND);
  expect(bob.told('destroyed')).toHaveLength(2);
});

test('a chat whose deadlines cannot be kept stops no other one, and is tried again every five seconds', async () => {
  const world = await World.create();
  const [alice, carol, bob] = await world.people('Alice', 'Carol', 'Bob');
  await world.meet(alice, bob);
  await world.meet(carol, bob);
  await readTimed(world, { from: alice, to: bob, chat: 1, timers: [60] });
  await readTimed(world, { from: carol, to: bob, chat: 2, timers: [60, 70, 80] });
  (bob.chat(1) as LiveChat).session.change = failing;
  await world.advance(75 * SECOND);
  expect(bob.told('destroyed').map(({ chat }) => chat)).toEqual([2, 2]);
  // Those of the chat itself are about what it sends.
  const failures = () => bob.told('error').filter(({ chat }) => chat === undefined).length;
  const before = failures();
  await world.advance(20 * SECOND);
  expect(bob.told('destroyed').map(({ chat }) => chat)).toEqual([2, 2, 2]);
  expect(failures() - before).toBe(4);
});

test('a chat that is forgotten while its time runs out is no failure', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  let held: Promise<void> | undefined;
  const bob = await world.open('Bob', {
    wrap: (store) =>
      storeWith(store, {
        batch: async (batch) => {
          await held;
          await store.batch(batch);
        },
      }),
  });
  await world.meet(alice, bob);
  await readTimed(world, { from: alice, to: bob, chat: 1, timers: [60] });
  await world.advance(55 * SECOND);
  let release = () => {};
  held = new Promise((resolve) => {
    release = resolve;
  });
  const blocked = bob.chat().block();
  await world.advance(10 * SECOND);
  release();
  await world.run(blocked);
  await world.advance(10 * SECOND);
  expect(bob.told('error')).toEqual([]);
});
