/**
 * The story: two people meet, make sure of each other, talk, are away, come back, and part; and the relay is looked into at
 * each point.
 *
 * @module
 */

import { digitsToText, pictureToText, wordsToText } from '@secret-chat/crypto';
import { leave, letTimePass, part, takeCopies } from './endings.ts';
import { selfDestruct, sendFile, takeBack } from './lives.ts';
import { until } from './patience.ts';
import { Person } from './person.ts';
import type { RelayView } from './relay-view.ts';
import type { Report } from './report.ts';
import { keepOut, stealDisk, stealStore } from './strangers.ts';

const GREETING = 'Hello Robert, it is me, from the train.';
const SECRET = 'The key is under the third flower pot.';
const ANSWER = 'Got it. I water that one on Sundays.';
const WHILE_AWAY = ['Are you there?', 'Never mind, I found it.'] as const;
const NICKNAME = 'Robert with the flower pots';
/** What must be nowhere but on their devices, and there only sealed. */
const WORDS = [GREETING, SECRET, ANSWER, ...WHILE_AWAY, NICKNAME, 'Alice', 'Robert'];

const BITS = 8;
/** Of a word (one of 2048), of a cell of the picture (one of 8 colours). */
const BITS_PER_WORD = 11;
const BITS_PER_CELL = 3;

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
    await takeBack(alice, bob, relay, report);
    await takeCopies(alice, bob, relay, report);
    await keepOut(new Person('Mallory', `${folder}/mallory`, relay), bob, relay, report);
    await part(alice, bob, relay, report);
    await leave(bob, relay, report);
    await letTimePass(alice, relay, report);
  } finally {
    await Promise.all([alice.goOffline(), bob.goOffline()]);
  }
}

async function meet(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('They meet');
  const { link } = await bob.device.createInvite();
  report.say(`Robert makes an invite, and gives it to Alice by another way:\n${link}`);
  report.say('The relay now holds his contact card, sealed for who has the link:');
  report.dump(relay.of('putCard')[0]?.card ?? new Uint8Array());
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
  const side = Math.sqrt(hers.picture.length);
  const bits = [
    Math.floor(hers.digits.join('').length * Math.log2(10)),
    hers.words.length * BITS_PER_WORD,
    side * Math.ceil(side / 2) * BITS_PER_CELL,
  ];
  report.check(
    JSON.stringify(hers) === JSON.stringify(his) && bits.every((count) => count >= 16 * BITS),
    `both see the same digits, words and picture, of ${bits.join(', ')} bits`,
    'P20',
  );
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
  const arrived = (await alice.chat.message(sent.n))?.state;
  await bob.chat.markRead(n);
  await alice.meets('state', (event) => event.n === sent.n && event.state === 'read');
  report.say('✓✓ Robert has read it.');
  report.check(
    sent.state === 'queued' && arrived === 'sent',
    'written: no check; at the relay, and at his device: one; read: two',
    'P12',
  );
  const answer = await bob.chat.sendText(ANSWER, { replyTo: n });
  await alice.chat.markRead(await alice.reads(ANSWER));
  await bob.meets('state', (event) => event.n === answer.n && event.state === 'read');
  report.say(`Robert answers: ${ANSWER}\n✓✓ Alice has read it.`);
  await alice.chat.rename(NICKNAME);
  report.check(
    relay.knows(['Alice', 'Robert', NICKNAME]) === 0 && bob.device.name === 'Robert',
    `two names and a nickname on her device: none is in ${relay.frames.length} frames or in the relay's files`,
    'P16',
  );
}

async function beAway(alice: Person, bob: Person, relay: RelayView, report: Report): Promise<void> {
  report.chapter('Robert is away');
  await until(async () => (await relay.total('envelopes')) === 0);
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
  const keys = [...alice.keys, ...bob.keys];
  report.check(
    relay.knows([...keys, ...WORDS]) === 0,
    `of ${keys.length} keys and ${WORDS.length} texts and names, none is in ${relay.frames.length} frames or ${relay.extent}`,
    'P1',
  );
  stealDisk(relay, report);
  await stealStore(bob, WORDS, report);
  const held = relay.keeps(waiting);
  await bob.goOnline();
  const read: number[] = [];
  for (const text of WHILE_AWAY) {
    read.push(await bob.reads(text));
    report.say(`Robert is back, and reads: ${text}`);
  }
  await bob.chat.markRead(read);
  await alice.meets('state', (event) => event.state === 'read');
  await until(() => relay.keeps(waiting) === 0);
  report.check(
    held === waiting.length && relay.keeps(waiting) === 0,
    `${held} envelopes lay in its files while he was away; he has them, and ${relay.keeps(waiting)} are in ${relay.extent}`,
    'P3',
  );
}
