/** What comes behind a second gap is shown, although what was asked about the first was never answered. */

import { expect, test } from 'vitest';
import type { LyingRelay } from '../support/lying-relay.ts';
import { World } from '../support/people.ts';

test('a question that cannot be put does not hide what comes later', async () => {
  const world = await World.create(['wss://one.test', 'wss://two.test']);
  const alice = await world.open('Alice', { relay: 'wss://one.test' });
  const bob = await world.open('Bob', { relay: 'wss://two.test' });
  await world.meet(alice, bob);
  // The last time that a request is put again.
  await world.advance(600_000);
  const [hers, his] = ['wss://one.test', 'wss://two.test'].map((origin) => world.relays.get(origin) as LyingRelay) as [
    LyingRelay,
    LyingRelay,
  ];
  // His relay takes nothing for hours; hers loses an envelope now and then.
  his.on('put', (turn) => turn.refuse('RELAY_FULL', 3_600_000));
  const lose = async (text: string) => {
    hers.on('put', (turn) => turn.ok());
    await bob.chat().sendText(text);
    await world.advance(1_000);
    hers.honest();
  };
  await lose('one');
  await bob.chat().sendText('two');
  await world.advance(600_000);
  expect(alice.heard()).toEqual(['two']);
  await lose('three');
  await bob.chat().sendText('four');
  await world.advance(600_000);
  expect(alice.heard()).toEqual(['two', 'four']);
});
