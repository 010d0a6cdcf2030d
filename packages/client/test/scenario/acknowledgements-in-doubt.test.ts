/** An acknowledgement counts once the relay has it: whoever dies before owes it again. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { type Person, World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

const COMMITS = [1, 2, 3, 4];

/** Bob is cut off right after the commit of that number that follows `act`, and killed; then he starts again. */
async function cutAfterCommit(commit: number, act: (alice: Person) => Promise<unknown>) {
  const world = await World.create();
  const alice = await world.open('Alice');
  let left = Number.POSITIVE_INFINITY;
  const bob = await world.open('Bob', {
    wrap: (store) =>
      storeWith(store, {
        batch: async (batch) => {
          await store.batch(batch);
          left -= 1;
          if (left === 0) {
            bob.goOffline();
          }
        },
      }),
  });
  await world.meet(alice, bob);
  const chat = alice.chat() as LiveChat;
  left = commit;
  await act(alice);
  await world.advance(30_000);
  await bob.reopen();
  await world.advance(60_000);
  return { alice, chat };
}

test.each(COMMITS)('killed after commit %i, of a text: its sender learns that it arrived', async (commit) => {
  const { chat } = await cutAfterCommit(commit, (alice) => alice.chat().sendText('are you there?'));
  expect(chat.session.outbox.size).toBe(0);
});

test.each(COMMITS)('killed after commit %i, of an end: who ended it learns that it happened', async (commit) => {
  const { alice } = await cutAfterCommit(commit, (person) => person.chat().end());
  expect(alice.chats).toEqual([]);
});
