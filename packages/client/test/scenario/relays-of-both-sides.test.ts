/** People on relays of different kinds: with TLS, on this machine, in a network of their own. */

import { encodeInvite, parseInvite } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import type { Transport } from '../../src/index.ts';
import { type Person, World } from '../support/people.ts';

const PUBLIC = 'wss://one.test';
const NEAR = 'ws://10.0.0.9:8787';
const HERE = 'ws://127.0.0.1:8787';
const ALLOWED = { allowInsecureRelays: true };

test.each([
  ['in a network of theirs', NEAR, PUBLIC],
  ['in a network of theirs, both', NEAR, NEAR],
  ['on this machine', HERE, PUBLIC],
  ['with TLS, from a network of one’s own', PUBLIC, NEAR],
  ['with TLS, from this machine', PUBLIC, HERE],
])('an invite to a relay %s: both hear each other', async (_, inviting, joining) => {
  const world = await World.create([...new Set([inviting, joining])]);
  const alice = await world.open('Alice', { relay: inviting, device: inviting === NEAR ? ALLOWED : {} });
  const bob = await world.open('Bob', { relay: joining, device: inviting === NEAR || joining === NEAR ? ALLOWED : {} });
  await world.meet(alice, bob);
  await alice.chat().sendText('from Alice');
  await bob.chat().sendText('from Bob');
  await world.until(() => alice.heard().length > 0 && bob.heard().length > 0);
  expect([alice.heard(), bob.heard()]).toEqual([['from Bob'], ['from Alice']]);
});

test.each([
  ['a network of somebody’s', NEAR, ALLOWED],
  ['a network of somebody’s, where that is not allowed', NEAR, {}],
  ['this machine', HERE, {}],
])('a card does not lead anybody from the relay of its link into %s', async (_, relay, device) => {
  const world = await World.create([PUBLIC, relay]);
  const mallory = await world.open('Mallory', { relay, device: ALLOWED });
  const dialled: string[] = [];
  const bob = await world.open('Bob', { relay: PUBLIC, device, onTransport: (transport) => watch(transport, dialled) });
  const forged = await movedInvite(world, mallory, relay);
  await expect(world.run(bob.device.join(forged))).rejects.toMatchObject({ code: 'INVITE_FORGED' });
  await world.advance(120_000);
  expect(bob.chats).toEqual([]);
  expect(new Set(dialled)).toEqual(new Set([PUBLIC]));
});

/** A link to a relay that has the card, which is signed and names another one. */
async function movedInvite(world: World, { device }: Person, from: string): Promise<string> {
  const { link } = await world.run(device.createInvite());
  const [to, source] = [PUBLIC, from].map((origin) => world.relays.get(origin)?.memory.cards);
  for (const [locator, card] of source ?? []) {
    to?.set(locator, card);
  }
  return encodeInvite({ ...parseInvite(link), relay: PUBLIC });
}

function watch(transport: Transport, dialled: string[]): void {
  const connect = transport.connect.bind(transport);
  transport.connect = (origin, ...rest) => {
    dialled.push(origin);
    return connect(origin, ...rest);
  };
}
