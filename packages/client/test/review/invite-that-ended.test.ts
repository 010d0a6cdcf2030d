/** An invite that has ended stays ended, whatever was on its way meanwhile. */

import { expect, test } from 'vitest';
import { World } from '../support/people.ts';

test('a card that the relay takes after the invite was revoked does not bring it back', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  const { n } = await world.run(alice.device.createInvite({ reusable: true }));
  // The relay was replaced by an empty one, and answers late.
  let answer = () => {};
  world.relay.on('putCard', (turn) => {
    turn.perform();
    answer = () => turn.ok({ prekeys: 40 });
  });
  await world.replaceRelay('wss://one.test');
  alice.device.retryNow();
  await world.until(() => world.relay.count('putCard') === 2);
  await world.run(alice.device.revokeInvite(n));
  answer();
  await world.advance(1_000);
  expect((await alice.reopen()).device.invites).toEqual([]);
});

test('prekeys that are made while a one-time invite is used up do not stay', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  const { link } = await world.run(alice.device.createInvite());
  await world.run(bob.device.join(link));
  const request = await world.requested(alice, 'Bob');
  let answer = () => {};
  world.relay.on('addPrekeys', (turn) => {
    turn.perform();
    answer = () => turn.ok({ prekeys: 0 });
  });
  world.relay.cutAll();
  alice.device.retryNow();
  await world.until(() => world.relay.count('addPrekeys') >= 2);
  const accepting = request.accept();
  answer();
  await world.run(accepting);
  await world.advance(60_000);
  await alice.close();
  // The private halves of a pair are 77 bytes: 79 as CBOR, 120 when sealed, as the vault's header is.
  const halves = alice.snapshot().filter(({ name, value }) => value.length === 120 && name.some((byte) => byte !== 0));
  expect(halves).toEqual([]);
  expect((await alice.reopen()).device.invites).toEqual([]);
});
