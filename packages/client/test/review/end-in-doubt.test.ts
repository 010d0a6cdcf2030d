/** Who was told that a chat has ended keeps its last words until the relay has them, whatever becomes of the connection. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

test.each([1, 2, 3, 4, 5, 6])(
  'cut off at read %i while they go out: who ended it learns that it happened',
  async (read) => {
    const world = await World.create();
    const alice = await world.open('Alice');
    let left = Number.POSITIVE_INFINITY;
    const bob = await world.open('Bob', {
      wrap: (store) =>
        storeWith(store, {
          get: (name) => {
            left -= 1;
            if (left === 0) {
              bob.goOffline();
            }
            return store.get(name);
          },
        }),
    });
    await world.meet(alice, bob);
    bob.goOffline();
    await bob.chat().sendText('one');
    await bob.chat().sendText('two');
    await alice.chat().end();
    await world.advance(1_000);
    // What was not delivered goes out as `gone`; sealed, and refused.
    world.relay.on('put', (turn) => turn.refuse('MAILBOX_FULL'));
    bob.goOnline();
    await world.advance(60_000);
    world.relay.honest();
    bob.goOffline();
    left = read;
    bob.goOnline();
    await world.advance(60_000);
    bob.goOnline();
    await world.advance(600_000);
    expect(alice.chats.length).toBe(0);
    expect(bob.chats.length).toBe(0);
  },
);
