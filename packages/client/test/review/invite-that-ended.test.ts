/** Invites: what has ended stays ended, and private halves are neither left behind nor made without end. */

import { expect, test } from 'vitest';
import { type Person, World } from '../support/people.ts';

/** The private halves of a one-time pair are 77 bytes: 79 as CBOR, 120 when sealed, as the vault's header is. */
function halvesOf(person: Person): number {
  const isHalves = (name: Uint8Array, value: Uint8Array) => value.length === 120 && name.some((byte) => byte !== 0);
  return person.snapshot().filter(({ name, value }) => isHalves(name, value)).length;
}

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
  expect(halvesOf(alice)).toBe(0);
  expect((await alice.reopen()).device.invites).toEqual([]);
});

test('a request of someone who is blocked uses up its one-time keys, too', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  const { link } = await world.run(alice.device.createInvite({ reusable: true }));
  await world.run(bob.device.join(link));
  await world.run((await world.requested(alice, 'Bob')).block());
  const before = halvesOf(alice);
  await world.run(bob.chat().cancel());
  await world.run(bob.device.join(link));
  await world.advance(5_000);
  expect(alice.chats).toEqual([]);
  expect(halvesOf(alice)).toBe(before - 1);
});

test('a relay that gives out all prekeys at once does not make this device hold more and more of them', async () => {
  const world = await World.create();
  const alice = await world.open('Alice');
  await world.run(alice.device.createInvite({ reusable: true }));
  world.relay.on('addPrekeys', (turn) => turn.ok({ prekeys: 0 }));
  for (let i = 0; i < 40; i++) {
    const asked = world.relay.count('addPrekeys');
    world.relay.cutAll();
    alice.device.retryNow();
    await world.until(() => world.relay.count('addPrekeys') > asked);
    await world.advance(100);
  }
  expect(halvesOf(alice)).toBe(1_000);
});
