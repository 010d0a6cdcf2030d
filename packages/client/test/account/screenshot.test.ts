/** Screenshots that a device noticed. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';

test('a notice stands in both histories, and names its message', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  const { n } = await alice.chat().sendText('a secret');
  await world.until(() => bob.heard().length === 1);
  const [theirs] = await bob.history();
  const noticed = await bob.chat().noticeScreenshot(theirs?.n);
  expect(noticed).toMatchObject({ kind: 'screenshot', from: 'me', replyTo: theirs?.n });
  await bob.chat().noticeScreenshot();
  await world.until(() => alice.told('message').filter(({ message }) => message.kind === 'screenshot').length === 2);
  expect(await alice.history()).toMatchObject([
    { kind: 'text' },
    { kind: 'screenshot', from: 'them', replyTo: n, state: 'read' },
    { kind: 'screenshot', from: 'them' },
  ]);
  expect((await alice.history())[2]).not.toHaveProperty('replyTo');
  expect(alice.chat().unread).toBe(0);
  await world.until(async () => (await bob.history()).every(({ state }) => state !== 'queued'));
});

test('a notice of a message that is not there is refused', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  await expect(bob.chat().noticeScreenshot(7)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
