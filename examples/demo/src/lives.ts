/**
 * The second part of the story: a file, messages that destroy themselves, what is deleted, a copy of what the relay holds, and
 * an account that is deleted.
 *
 * @module
 */

import { until } from './patience.ts';
import type { Person } from './person.ts';
import type { RelayView } from './relay-view.ts';
import type { Report } from './report.ts';

const FILE_SIZE = 300_000;
/** It stands many times in the file, so that it would be found wherever the file was cut. */
const PLAN = 'The plan of the garden, with the flower pots. ';
const FILE_NAME = 'garden-plan.txt';
const TIMER_SECONDS = 2;
const TIMED = 'This one is gone in two seconds.';
const REGRETTED = 'I should not have written this.';
const SWEEP_MS = 3_000;

/** A file goes over the relay in pieces that tell nothing, and leaves it again. */
export async function sendFile(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('A file');
  const bytes = new TextEncoder().encode(PLAN.repeat(Math.ceil(FILE_SIZE / PLAN.length))).slice(0, FILE_SIZE);
  await alice.chat.sendFile(bytes, { name: FILE_NAME, mediaType: 'text/plain' });
  const { message } = await bob.meets('message', (event) => event.message.kind === 'file');
  report.say(`Alice sends ${FILE_NAME}, ${FILE_SIZE} bytes.`);
  report.check(
    !relay.contains(PLAN) && !relay.contains(FILE_NAME),
    "neither its text nor its name is in the relay's files",
  );
  await bob.meets('file', ({ n, fileState }) => n === message.n && fileState === 'fetched');
  const file = await bob.chat.openFile(message.n);
  const read = await file.read(0, file.size);
  report.check(Buffer.from(read).equals(bytes), 'Robert has it, byte for byte');
  await until(async () => (await relay.total('secret_chat_relay_pieces')) === 0);
  report.check(
    (await relay.total('secret_chat_relay_pieces')) === 0,
    'fetched, so the relay has none of its pieces any more',
  );
}

/** The countdown begins when it is read, and ends on both sides. */
export async function selfDestruct(alice: Person, bob: Person, report: Report): Promise<void> {
  report.chapter('A message that destroys itself');
  await alice.chat.setTimer(TIMER_SECONDS);
  const sent = await alice.chat.sendText(TIMED);
  const n = await bob.reads(TIMED);
  report.say(`Alice writes, with a timer of ${TIMER_SECONDS} s: ${TIMED}`);
  await bob.chat.markRead(n);
  report.say('Robert has read it; its time runs.');
  await bob.meets('destroyed', (event) => event.n === n);
  await alice.meets('destroyed', (event) => event.n === sent.n);
  const left = [await alice.chat.message(sent.n), await bob.chat.message(n)];
  report.check(
    left.every((message) => message === undefined),
    'it is gone on both devices',
  );
  await alice.chat.setTimer('once');
  const once = await alice.chat.sendText('Only once.');
  const { message } = await bob.meets('message', (event) => event.message.kind === 'hidden');
  report.check(message.kind === 'hidden', 'a message to be seen once is hidden until it is viewed');
  const seen = await bob.chat.view(message.n);
  report.say(`Robert views it: ${seen.kind === 'text' ? seen.text : ''}`);
  await bob.chat.closeView(message.n);
  report.check((await bob.chat.message(message.n)) === undefined, 'closed, it is gone');
  await alice.meets('destroyed', (event) => event.n === once.n);
  await alice.chat.setTimer('off');
}

/** Deleting and clearing reach the other device. */
export async function takeBack(alice: Person, bob: Person, report: Report): Promise<void> {
  report.chapter('What is taken back');
  const { n } = await alice.chat.sendText(REGRETTED);
  const theirs = await bob.reads(REGRETTED);
  await alice.chat.deleteMessages(n);
  await bob.meets('destroyed', (event) => event.n === theirs);
  await alice.meets('deletion', ({ state }) => state === 'confirmed');
  report.check(
    (await bob.chat.message(theirs)) === undefined,
    'Alice deletes a message: it is gone at Robert’s too, and he confirms it',
  );
  await alice.chat.clear();
  await until(async () => (await bob.chat.messages()).length === 0);
  report.check((await bob.chat.messages()).length === 0, 'she clears the history: it is empty on both sides');
}

/** What the relay holds for Robert, in his hands; then everything of his goes. */
export async function leave(bob: Person, relay: RelayView, folder: string, report: Report): Promise<void> {
  report.chapter('Robert leaves');
  const copy = await bob.device.exportRelayData();
  report.say(`He takes a copy of all that the relay holds for him: ${JSON.stringify(copy).length} characters of JSON.`);
  const { done } = await bob.device.deleteAccount();
  report.check(done, 'he deletes his account: every relay and everyone was told');
  bob.isGone();
  await until(async () => (await relay.total('secret_chat_relay_mailboxes')) === 0);
  await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  report.check(!relay.isIn(folder, 'SC-VAULT'), 'his store is erased');
}
