/** More receipts than one commit takes. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';

/** Receipts in one content. */
const TOGETHER = 64;

test('two full contents of receipts leave none behind', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  const send = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => alice.chat().sendText(`${i}`)));
  await alice.chat().setTimer('once');
  await send(TOGETHER);
  await alice.chat().setTimer('off');
  const read = await send(TOGETHER + 1);
  await world.until(() => bob.told('message').length === 2 * TOGETHER + 3);
  for (const { n, kind } of await bob.history()) {
    await (kind === 'hidden' ? bob.chat().view(n) : bob.chat().markRead(n));
  }
  await world.advance(10_000);
  const states = await Promise.all(read.map(({ n }) => alice.chat().message(n)));
  expect(new Set(states.map((message) => message?.state))).toEqual(new Set(['read']));
});
