/** Relays on other machines without TLS: never, unless the user of the device allows it. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { mayReach } from '../../src/link/may-reach.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { World } from '../support/people.ts';

const NEAR = 'ws://relay.lan:8787';
const ALLOWED = { device: { allowInsecureRelays: true } };
const REFUSED = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('TLS') };

test('a device is not made for one, and nothing is stored', async () => {
  const world = await World.create([NEAR]);
  await expect(world.open('Alice')).rejects.toMatchObject(REFUSED);
});

test('an invite to one is refused', async () => {
  const world = await World.create([NEAR, 'wss://one.test']);
  const alice = await world.open('Alice', ALLOWED);
  const bob = await world.open('Bob', { relay: 'wss://one.test' });
  const { link } = await world.run(alice.device.createInvite());
  await expect(bob.device.join(link)).rejects.toMatchObject(REFUSED);
  expect(bob.chats).toEqual([]);
});

test('where it is allowed two people talk over it, and the device remembers', async () => {
  const world = await World.create([NEAR]);
  const alice = await world.open('Alice', ALLOWED);
  const bob = await world.open('Bob', ALLOWED);
  await world.meet(alice, bob);
  const again = await alice.reopen({ device: {} });
  await again.chat().sendText('without a word about it');
  await world.until(() => bob.heard().length > 0);
  await expect(again.reopen({ device: { relay: 'ws://other.lan' } })).resolves.toBeDefined();
});

test('the other side leads nobody to one but to the device’s own', () => {
  expect(mayReach(NEAR, 'wss://one.test')).toBe(false);
  expect(mayReach('ws://other.lan', NEAR)).toBe(false);
  expect(mayReach(NEAR, NEAR)).toBe(true);
});

test('pieces are asked for there where the relay was chosen, and nowhere else', async () => {
  const server = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const relay = `ws://relay.example:${(server.address() as AddressInfo).port}`;
  const pieces = nodePieceTransport({
    lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  const ask = (isChosen: boolean) => pieces.get({ relay, id: new Uint8Array(32), isChosen }, 65_536);
  await expect(ask(false)).rejects.toMatchObject({ code: 'RELAY_FORBIDDEN' });
  await expect(ask(true)).rejects.toMatchObject({ relayCode: 'GONE' });
  pieces.close();
});
