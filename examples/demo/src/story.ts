/**
 * The story: two people meet, make sure of each other, talk, are away, come back, and part; and the relay is looked into at
 * each point.
 *
 * @module
 */

import { digitsToText, pictureToText, wordsToText } from '@secret-chat/crypto';
import { leave, selfDestruct, sendFile, takeBack } from './lives.ts';
import { until } from './patience.ts';
import { Person } from './person.ts';
import type { RelayView } from './relay-view.ts';
import type { Report } from './report.ts';

const GREETING = 'Hello Robert, it is me, from the train.';
const SECRET = 'The key is under the third flower pot.';
const ANSWER = 'Got it. I water that one on Sundays.';
const WHILE_AWAY = ['Are you there?', 'Never mind, I found it.'] as const;
const SWEEP_MS = 3_000;

/** Tells it. @param folder for the stores of both devices */
export async function tellStory(folder: string, relay: RelayView, report: Report): Promise<void> {
  const alice = new Person('Alice', `${folder}/alice`, relay);
  const bob = new Person('Robert', `${folder}/bob`, relay);
  await Promise.all([alice.goOnline(), bob.goOnline()]);
  try {
    await meet(alice, bob, relay, report);
    await compare(alice, bob, report);
    await talk(alice, bob, relay, report);
    await beAway(alice, bob, relay, report);
    await sendFile(alice, bob, relay, report);
    await selfDestruct(alice, bob, report);
    await takeBack(alice, bob, report);
    await part(alice, bob, relay, report);
    await leave(bob, relay, `${folder}/bob`, report);
  } finally {
    await Promise.all([alice.goOffline(), bob.goOffline()]);
  }
}

async function meet(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('They meet');
  const { link } = await bob.device.createInvite();
  report.say(`Robert makes an invite, and gives it to Alice by another way:\n${link}`);
  const card = relay.requests.find(({ op }) => op === 'putCard') as { readonly card: Uint8Array } | undefined;
  report.say('The relay now holds his contact card, sealed for who has the link:');
  report.dump(card?.card ?? new Uint8Array());
  report.check(!relay.contains('Robert'), "no name in the relay's files");
  await alice.device.join(link, { text: GREETING });
  const { name, chat } = await bob.meets('request');
  await bob.reads(GREETING);
  report.say(`Robert is asked by someone who says to be "${name}": ${GREETING}`);
  await bob.device.chat(chat)?.accept();
  await alice.meets('accepted');
  report.say('Robert accepts. The one-time invite is over.');
}

async function compare(alice: Person, bob: Person, report: Report): Promise<void> {
  report.chapter('They make sure that nobody sits between them');
  const [hers, his] = [alice.chat.fingerprint(), bob.chat.fingerprint()];
  report.say(`${digitsToText(hers.digits)}\n\n${wordsToText(hers.words)}\n\n${pictureToText(hers.picture)}`);
  report.check(digitsToText(hers.digits) === digitsToText(his.digits), 'both see the same digits, words and picture');
  await Promise.all([alice.chat.markVerified(), bob.chat.markVerified()]);
}

async function talk(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('They talk');
  const sent = await alice.chat.sendText(SECRET);
  await alice.meets('state', ({ n, state }) => n === sent.n && state === 'sent');
  report.say(`Alice writes: ${SECRET}\n✓ the relay has it:`);
  const [envelope = new Uint8Array()] = relay.envelopes(1);
  report.dump(envelope);
  const n = await bob.reads(SECRET);
  await bob.chat.markRead(n);
  await alice.meets('state', (event) => event.n === sent.n && event.state === 'read');
  report.say('✓✓ Robert has read it.');
  const answer = await bob.chat.sendText(ANSWER, { replyTo: n });
  await alice.chat.markRead(await alice.reads(ANSWER));
  await bob.meets('state', (event) => event.n === answer.n && event.state === 'read');
  report.say(`Robert answers: ${ANSWER}\n✓✓ Alice has read it.`);
  const sizes = new Set(relay.envelopes(Number.POSITIVE_INFINITY).map(({ length }) => length));
  report.check(
    sizes.size === 1 && sizes.has(4096),
    'texts, receipts and acknowledgements: every envelope has 4096 bytes',
  );
}

async function beAway(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('Robert is away');
  await bob.goOffline();
  for (const text of WHILE_AWAY) {
    const { n } = await alice.chat.sendText(text);
    await alice.meets('state', (event) => event.n === n && event.state === 'sent');
    report.say(`Alice writes: ${text}  ✓`);
  }
  const waiting = relay.envelopes(WHILE_AWAY.length);
  report.say('What waits for Robert on the relay:');
  for (const envelope of waiting) {
    report.dump(envelope);
  }
  report.check(
    waiting.every((envelope) => relay.holds(envelope)),
    "these bytes lie in the relay's files",
  );
  report.check(
    [GREETING, SECRET, ANSWER, ...WHILE_AWAY, 'Alice', 'Robert'].every((text) => !relay.contains(text)),
    'and no text that anybody wrote, and no name',
  );
  await bob.goOnline();
  const read: number[] = [];
  for (const text of WHILE_AWAY) {
    read.push(await bob.reads(text));
    report.say(`Robert is back, and reads: ${text}`);
  }
  await bob.chat.markRead(read);
  await alice.meets('state', (event) => event.state === 'read');
  await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  report.check(
    waiting.every((envelope) => !relay.holds(envelope)),
    "delivered, so these bytes are in no file of the relay's any more",
  );
}

async function part(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('They part');
  await alice.chat.end();
  await bob.meets('ended');
  report.say('Alice ends the chat. It ends on both sides.');
  await until(() => alice.device.chats.length === 0 && bob.device.chats.length === 0);
  report.check(true, 'neither device knows of a chat any more');
  await until(async () => (await relay.total('secret_chat_relay_mailboxes')) === 0);
  const left = await Promise.all(
    ['mailboxes', 'envelopes', 'cards', 'prekeys'].map((name) => relay.total(`secret_chat_relay_${name}`)),
  );
  report.check(
    left.every((count) => count === 0),
    'the relay holds no mailbox, no envelope, no card and no prekey',
  );
}
