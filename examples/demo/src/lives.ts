/**
 * The second part of the story: a file, messages that destroy themselves, and what is taken back.
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
const TIMER_SECONDS = 1;
const TIMED = 'This one is gone in a second.';
const REGRETTED = 'I should not have written this.';
const BLOCK = 16;

/** A file goes over the relay in pieces that tell nothing, and leaves it again. */
export async function sendFile(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('A file, twice');
  const bytes = new TextEncoder().encode(PLAN.repeat(Math.ceil(FILE_SIZE / PLAN.length))).slice(0, FILE_SIZE);
  const numbers: number[] = [];
  for (let i = 0; i < 2; i += 1) {
    await alice.chat.sendFile(bytes, { name: FILE_NAME, mediaType: 'text/plain' });
    const { message } = await bob.meets('message', (event) => event.message.kind === 'file');
    numbers.push(message.n);
  }
  report.say(`Alice sends ${FILE_NAME}, ${FILE_SIZE} bytes, and then once more.`);
  const keys = [...alice.keys, ...bob.keys];
  report.check(
    relay.knows([PLAN, FILE_NAME, 'text/plain', ...keys]) === 0,
    `text, name, type and key of a file of ${FILE_SIZE} bytes are in none of ${relay.extent}`,
    'P6',
  );
  const pieces = relay.pieces();
  report.check(
    pieces.length === (await relay.total('pieces')) && pieces.length > 2 && areUnlike(pieces),
    `the same file twice: ${pieces.length} pieces, of which no two have ${BLOCK} bytes in common`,
    'P7',
    'P2',
  );
  const isSame: boolean[] = [];
  for (const n of numbers) {
    await bob.chat.fetchFile(n);
    const file = await bob.chat.openFile(n);
    isSame.push(Buffer.from(await file.read(0, file.size)).equals(bytes));
    await file.close();
  }
  report.check(isSame.length === 2 && !isSame.includes(false), 'Robert has both, byte for byte', 'P6');
  await until(async () => (await relay.total('pieces')) === 0);
  report.check((await relay.total('pieces')) === 0, 'fetched, the relay has 0 of its pieces', 'P7');
}

/** The countdown begins when it is read, and ends on both sides. */
export async function selfDestruct(alice: Person, bob: Person, report: Report): Promise<void> {
  report.chapter('Messages that destroy themselves');
  await alice.chat.setTimer(TIMER_SECONDS);
  const sent = await alice.chat.sendText(TIMED);
  const n = await bob.reads(TIMED);
  report.say(`Alice writes, with a timer of ${TIMER_SECONDS} s: ${TIMED}`);
  const unread = await bob.chat.message(n);
  await bob.chat.markRead(n);
  const readMs = performance.now();
  report.say('Robert has read it; its time runs.');
  await bob.meets('destroyed', (event) => event.n === n);
  const seconds = ((performance.now() - readMs) / 1000).toFixed(1);
  await alice.meets('destroyed', (event) => event.n === sent.n);
  const left = [await alice.chat.message(sent.n), await bob.chat.message(n)];
  report.check(
    unread?.endsAt === undefined && left.every((message) => message === undefined),
    `a timer of ${TIMER_SECONDS} s stood still until it was read; ${seconds} s later it was gone, then on her device too`,
    'P10',
  );
  await hideAway(alice, bob, report);
  await alice.chat.setTimer('off');
}

/** A file with a short timer, and a text that is seen once. */
async function hideAway(alice: Person, bob: Person, report: Report): Promise<void> {
  await alice.chat.sendFile(new TextEncoder().encode(PLAN), { name: FILE_NAME });
  const { message: file } = await bob.meets('message', (event) => event.message.kind === 'hidden');
  await bob.chat.markRead(file.n);
  const read = await bob.chat.message(file.n);
  const viewed = await bob.chat.view(file.n);
  await bob.meets('destroyed', (event) => event.n === file.n);
  report.check(
    read?.kind === 'hidden' && read.endsAt === undefined && viewed.endsAt !== undefined,
    `a file with a timer of ${TIMER_SECONDS} s was hidden; viewing it started its timer, and then it was gone`,
    'P11',
  );
  await alice.chat.setTimer('once');
  const once = await alice.chat.sendText('Only once.');
  const { message } = await bob.meets('message', (event) => event.message.kind === 'hidden');
  const seen = await bob.chat.view(message.n);
  await bob.chat.closeView(message.n);
  report.say(`Robert views what can be seen once: ${seen.kind === 'text' ? seen.text : ''}`);
  report.check((await bob.chat.message(message.n)) === undefined, 'seen once and closed, a text is gone', 'P10');
  await alice.meets('destroyed', (event) => event.n === once.n);
}

/** Deleting and clearing reach the other device. */
export async function takeBack(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('What is taken back');
  const { n } = await alice.chat.sendText(REGRETTED);
  const theirs = await bob.reads(REGRETTED);
  await alice.chat.deleteMessages(n);
  const { state } = await alice.meets('deletion');
  await bob.meets('destroyed', (event) => event.n === theirs);
  await alice.meets('deletion', (event) => event.state === 'confirmed');
  report.check(
    state === 'asked' && (await bob.chat.message(theirs)) === undefined,
    'a message is deleted here, asked for there, gone there, and confirmed',
    'P9',
  );
  await alice.chat.clear();
  await until(async () => (await bob.chat.messages()).length === 0);
  report.check((await bob.chat.messages()).length === 0, 'a cleared history has 0 entries on both sides', 'P9');
  const envelopes = relay.envelopes();
  const forms = new Set(
    relay.of('put').map(({ envelope, ttlHours }) => `${envelope.length} bytes for ${ttlHours} hours`),
  );
  report.check(
    forms.size === 1 && areUnlike(envelopes),
    `${envelopes.length} envelopes with texts, receipts, files, timers and deletions: all of ${[...forms].join(', ')}`,
    'P2',
  );
}

/** No 16 bytes come twice. */
function areUnlike(all: readonly Uint8Array[]): boolean {
  const blocks = all.flatMap((bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    return Array.from({ length: text.length / BLOCK }, (_, i) => text.slice(BLOCK * i, BLOCK * (i + 1)));
  });
  return new Set(blocks).size === blocks.length;
}
