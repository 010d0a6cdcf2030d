/**
 * People who are not of the story: thieves of a disk and of a store, and somebody who wants to be let in.
 *
 * @module
 */

import { cpSync } from 'node:fs';
import { isClientError, openDevice } from '@secret-chat/client';
import { nodeTransport, openSqliteStore } from '@secret-chat/client/node';
import { sha256 } from '@secret-chat/crypto';
import { until } from './patience.ts';
import type { Person } from './person.ts';
import type { RelayView } from './relay-view.ts';
import type { Report } from './report.ts';
import { bytesIn, count, extent } from './searching.ts';

/** Drawn like a key, and no secret: what the passphrase is mixed with. */
const SALTS = 1;

/** What is in the relay's files opens nothing. */
export function stealDisk(relay: RelayView, report: Report): void {
  const { address } = relay.of('put').at(-1) as { readonly address: Uint8Array };
  const addresses = relay.of('put').map((put) => put.address);
  const capabilities = [...addresses, ...relay.of('getCard').map(({ locator }) => locator)];
  report.check(
    relay.keeps(capabilities) === 0 && relay.keeps([sha256(address)]) === 1,
    `the relay's disk has none of ${new Set(capabilities.map(String)).size} capabilities, but a hash`,
    'P18',
  );
}

/** The store of somebody who is offline. */
export async function stealStore(owner: Person, words: readonly string[], report: Report): Promise<void> {
  const stolen = bytesIn(owner.folder);
  const found = count(stolen, owner.keys);
  report.check(
    count(stolen, words) === 0 && found === SALTS && stolen.length > 1,
    `${owner.name}'s store (${extent(stolen)}) has no text or name in the clear, and of ${owner.keys.length} random values its salt alone`,
    'P18',
  );
  const copy = `${owner.folder}-stolen`;
  cpSync(owner.folder, copy, { recursive: true });
  const guess = { store: await openSqliteStore(copy), passphrase: 'a guess', transport: nodeTransport() };
  const opened = await openDevice(guess).catch((error: unknown) => error);
  report.check(
    isClientError(opened, 'WRONG_PASSPHRASE'),
    'a stolen copy of it does not open without the passphrase',
    'P5',
  );
  const second = owner.another(`${owner.folder}-second`);
  await second.goOnline();
  const { chats } = second.device;
  await second.goOffline();
  report.check(
    chats.length === 0,
    `a new device with his name and passphrase has ${chats.length} chats: they live on the first alone`,
    'P5',
  );
}

/** A request that is not accepted, a block, and an invite that is taken back. */
export async function keepOut(stranger: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('A stranger');
  await stranger.goOnline();
  try {
    const { n: invite, link } = await bob.device.createInvite({ reusable: true });
    const address = relay.lastOpened();
    const theirs = await stranger.device.join(link, { text: 'You do not know me.' });
    const { chat } = await bob.meets('request');
    report.say(`${stranger.name} found an invite of Robert's, and asks: You do not know me.`);
    const more = await theirs.sendText('Buy my flower pots!');
    await bob.device.chat(chat)?.block();
    await theirs.cancel();
    const again = await stranger.device.join(link, { text: 'Me again!' });
    await stranger.meets('state', (event) => event.chat === again.n && event.state === 'sent');
    await again.cancel();
    await until(async () => (await relay.total('envelopes')) === 0);
    report.check(
      more.state === 'queued' && bob.device.chats.length === 1 && (await bob.chat.messages()).length === 0,
      'what a stranger writes before being accepted waits on their own device; blocked, they are not heard at all',
      'P19',
    );
    const before = await relay.put(address);
    await bob.device.revokeInvite(invite);
    await until(async () => (await relay.total('cards')) === 0 && (await relay.put(address)) !== 'ok');
    const late = await stranger.device.join(link).catch((error: unknown) => error);
    const after = await relay.put(address);
    report.check(
      before === 'ok' && after === 'GONE' && isClientError(late, 'INVITE_GONE'),
      `the invite is revoked: its address took an envelope before, and now says ${after}`,
      'P19',
    );
    await stranger.device.deleteAccount();
    stranger.isGone();
  } finally {
    await stranger.goOffline();
  }
}
