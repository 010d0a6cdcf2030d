/**
 * The last part of the story: copies of what the relay holds, the end of a chat and of an account, and months in which nobody
 * comes.
 *
 * @module
 */

import { sha256 } from '@secret-chat/crypto';
import { until } from './patience.ts';
import type { Person } from './person.ts';
import type { RelayView } from './relay-view.ts';
import type { Report } from './report.ts';
import { bytesIn } from './searching.ts';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** What the relay holds for both of them, in their hands. */
export async function takeCopies(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('A copy of what the relay holds');
  const { n } = await bob.device.createInvite();
  await until(async () => (await relay.total('envelopes')) === 0);
  const copies = await Promise.all([alice, bob].map(({ device }) => device.exportRelayData()));
  const mailboxes = copies.flatMap((copy) => copy.mailboxes);
  const cards = copies.flatMap((copy) => copy.cards);
  const prekeys = cards.flatMap((card) => card.prekeys);
  const isAll =
    mailboxes.length === (await relay.total('mailboxes')) &&
    cards.length === (await relay.total('cards')) &&
    prekeys.length === (await relay.total('prekeys'));
  report.check(
    isAll && copies.every(({ unreachable }) => unreachable.length === 0),
    `two copies, ${JSON.stringify(copies).length} characters of JSON: all of its ${mailboxes.length} mailboxes, ${cards.length} card, ${prekeys.length} prekeys`,
    'P15',
  );
  await bob.device.revokeInvite(n);
}

export async function part(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('They part');
  await alice.chat.end();
  await bob.meets('ended');
  report.say('Alice ends the chat. It ends on both sides.');
  await until(() => alice.device.chats.length === 0 && bob.device.chats.length === 0);
  await until(() => relay.isEmpty());
  report.check(
    alice.device.chats.length + bob.device.chats.length === 0 && (await relay.isEmpty()),
    'an ended chat is on neither device, and the relay holds nothing of it',
    'P9',
    'P17',
  );
  const puts = relay.of('put');
  const passed = puts.flatMap(({ address, envelope }) => [envelope, sha256(envelope), address, sha256(address)]);
  await until(() => relay.keeps(passed) === 0);
  const left = relay.keeps(passed);
  const words = Buffer.from(await relay.metrics());
  report.check(
    left === 0 && passed.every((bytes) => !words.includes(Buffer.from(bytes).toString('hex'))),
    `of ${puts.length} envelopes, their addresses and hashes, ${left} are in ${relay.extent} or in its metrics`,
    'P4',
  );
}

/** Everything of his goes. */
export async function leave(bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('Robert leaves');
  await bob.device.createInvite({ reusable: true });
  const before = bytesIn(bob.folder).length - 1;
  const held = (await relay.total('mailboxes')) + (await relay.total('cards'));
  const { done } = await bob.device.deleteAccount();
  bob.isGone();
  await until(() => relay.isEmpty());
  const after = bytesIn(bob.folder).length - 1;
  report.check(
    done && after === 0 && held > 0 && (await relay.isEmpty()),
    `of ${before} files of his store ${after} are left, and what the relay held (a mailbox, a card) is gone`,
    'P14',
  );
}

/** The relay's clock goes on, and Alice does not come back. */
export async function letTimePass(alice: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('Months go by');
  await alice.device.createInvite({ reusable: true });
  const address = relay.lastOpened();
  await alice.goOffline();
  await relay.put(address);
  const waiting = await relay.total('envelopes');
  relay.forward(2 * HOUR_MS);
  await until(async () => (await relay.total('envelopes')) === 0);
  report.check(
    waiting === 1 && (await relay.total('envelopes')) === 0,
    `${waiting} envelope for an hour, 2 hours later: purged by itself`,
    'P8',
  );
  relay.forward(25 * WEEK_MS);
  await relay.purge();
  const kept = (await relay.total('mailboxes')) + (await relay.total('cards'));
  relay.forward(2 * WEEK_MS);
  await until(() => relay.isEmpty());
  report.check(
    kept === 2 && (await relay.isEmpty()),
    'her mailbox and card are there after 25 weeks, and purged after 27',
    'P13',
  );
  report.check(relay.keeps(['127.0.0.1']) === 0, `no network address is in ${relay.extent}`, 'P17');
}
