/** What an inbox notices while its store cannot write: told once there is room, and no more often than it happened. */

import { constantTimeEqual } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { FailingStore } from '../support/failing-store.ts';
import type { HeldMailbox } from '../support/memory-relay.ts';
import { World } from '../support/people.ts';
import { seededBytes } from '../support/seeded.ts';

const ENVELOPE_SIZE = 4096;

/** Bob, who joined, has a store that fails when a test says so; `address` is of his mailbox. */
async function meet() {
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
  const [{ address }] = [...world.relay.memory.mailboxes.values()] as [HeldMailbox];
  return { world, alice, bob, store: store as FailingStore, address };
}

const always = () => true;
const never = () => false;

test('three envelopes that nothing opens: said, when the store took them', async () => {
  const { world, bob, store, address } = await meet();
  const random = seededBytes(3);
  store.fails = always;
  for (let i = 0; i < 3; i++) {
    world.relay.say({ op: 'envelope', address, envelope: random(ENVELOPE_SIZE) });
  }
  await world.advance(20_000);
  expect(bob.told('unreadable')).toEqual([]);
  store.fails = never;
  await world.advance(10_000);
  expect(bob.told('unreadable')).toEqual([{ type: 'unreadable', chat: 1 }]);
});

test('one envelope that nothing opens, however often it could not be stored, is one', async () => {
  const { world, bob, store, address } = await meet();
  store.fails = always;
  world.relay.say({ op: 'envelope', address, envelope: seededBytes(3)(ENVELOPE_SIZE) });
  await world.advance(7_000);
  store.fails = never;
  await world.advance(10_000);
  expect(bob.told('unreadable')).toEqual([]);
});

test('a displacement that could not be stored stops the chat once it can be', async () => {
  const { world, bob, store, address } = await meet();
  store.fails = always;
  world.relay.say({ op: 'displaced', address });
  await world.advance(10_000);
  expect(bob.told('stale')).toEqual([]);
  store.fails = never;
  await world.advance(10_000);
  expect(bob.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'displaced' }]);
});

test('what is missing, and could not be stored as such, is said and asked for once it can be', async () => {
  const { world, alice, bob, store, address } = await meet();
  let puts = 0;
  world.relay.on('put', (turn) => {
    if (constantTimeEqual(turn.request.address, address) && ++puts === 1) {
      turn.ok();
    } else {
      turn.honestly();
    }
  });
  await alice.chat().sendText('one');
  await world.advance(1_000);
  await alice.chat().sendText('two');
  await world.advance(5_000);
  store.fails = always;
  await world.advance(10_000);
  expect(bob.told('missing')).toEqual([]);
  store.fails = never;
  await world.advance(20_000);
  expect(bob.told('missing')).toMatchObject([{ chat: 1, count: 1 }]);
  expect(await bob.read()).toEqual(['them: one', 'them: two']);
});
