/** Ten thousand messages each way, and several chats at once, over relays that are processes of their own. */

import { join } from 'node:path';
import process from 'node:process';
import { openDatabase } from '@secret-chat/sqlite';
import { expect, test } from 'vitest';
import type { Chat } from '../../src/index.ts';
import { Neighbour } from '../support/neighbour.ts';
import { RelayProcess } from '../support/relay-process.ts';

/** Texts that a program has handed over and that were not answered with ✓: more would only take memory. */
const AHEAD = 200;

/** Writes `count` texts as fast as they are stored. */
async function write(chat: Chat, name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += AHEAD) {
    await Promise.all(Array.from({ length: Math.min(AHEAD, count - i) }, (_, k) => chat.sendText(`${name} ${i + k}`)));
  }
}

async function expectTexts(
  person: Neighbour,
  chat: Chat,
  from: 'me' | 'them',
  name: string,
  count: number,
): Promise<void> {
  const entries = (await person.history(chat)).filter((entry) => entry.from === from);
  const texts = entries.map((entry) => (entry.kind === 'text' ? entry.text : entry.kind));
  expect(texts.length).toBe(count);
  expect(texts.findIndex((text, i) => text !== `${name} ${i}`)).toBe(-1);
}

/** How many envelopes the relay has on its disk; it must have ended. */
function heldEnvelopes(relay: RelayProcess): number {
  const database = openDatabase(join(relay.data, 'relay.sqlite'));
  try {
    return Number((database.prepare('SELECT count(*) AS held FROM envelope').get() as { held: number }).held);
  } finally {
    database.close();
  }
}

test('ten thousand each way at the same time: each once, in order, and nothing is left over', {
  timeout: 600_000,
}, async () => {
  const count = Number(process.env.SECRET_CHAT_MANY ?? 1_000);
  const relay = await RelayProcess.start();
  const alice = await Neighbour.open('Alice', relay.origin, 'memory');
  const bob = await Neighbour.open('Bob', relay.origin, 'memory');
  await bob.visit(alice);
  await Promise.all([write(alice.chat(), 'Alice', count), write(bob.chat(), 'Bob', count)]);
  await Promise.all([
    alice.until(() => alice.heard(1) === count, 400_000),
    bob.until(() => bob.heard(1) === count, 400_000),
  ]);
  for (const [person, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await expectTexts(person, person.chat(), 'me', person.name, count);
    await expectTexts(person, person.chat(), 'them', other.name, count);
    for (const type of ['missing', 'stale', 'unreadable', 'error'] as const) {
      expect(person.told(type)).toEqual([]);
    }
  }
  await Promise.all([alice.close(), bob.close()]);
  // Opened once more, they have nothing to say: what they put last is read, and acknowledged.
  await Promise.all([alice.start(), bob.start()]);
  await bob.chat().sendText('goodbye');
  await alice.until(() => alice.heard(1) === count + 1);
  await Promise.all([alice.close(), bob.close()]);
  await bob.start();
  await bob.close();
  await relay.stop();
  expect(heldEnvelopes(relay)).toBeLessThanOrEqual(1);
});

test('three chats on three relays at once; people on different relays', { timeout: 120_000 }, async () => {
  const count = 200;
  const relays = await Promise.all([RelayProcess.start(), RelayProcess.start(), RelayProcess.start()]);
  const [one, two, three] = relays.map(({ origin }) => origin) as [string, string, string];
  const alice = await Neighbour.open('Alice', one);
  const guests = [
    await Neighbour.open('Bob', one),
    await Neighbour.open('Carol', two),
    await Neighbour.open('Dave', three),
  ];
  for (const guest of guests) {
    await guest.visit(alice);
  }
  await Promise.all([
    ...guests.map((guest) => write(guest.chat(), guest.name, count)),
    ...alice.device.chats.map((chat) => write(chat, 'Alice', count)),
  ]);
  await Promise.all(guests.map((guest) => guest.until(() => guest.heard(1) === count)));
  await alice.until(() => alice.device.chats.every(({ n }) => alice.heard(n) === count));
  for (const [i, guest] of guests.entries()) {
    await expectTexts(guest, guest.chat(), 'them', 'Alice', count);
    await expectTexts(alice, alice.chat(i + 1), 'them', guest.name, count);
  }
  expect(alice.device.links().map(({ relay }) => relay)).toEqual([one, two, three]);
});

test('a relay that is killed again and again in the middle of it', { timeout: 120_000 }, async () => {
  const count = 600;
  const relay = await RelayProcess.start();
  const alice = await Neighbour.open('Alice', relay.origin);
  const bob = await Neighbour.open('Bob', relay.origin);
  await bob.visit(alice);
  const writing = Promise.all([write(alice.chat(), 'Alice', count), write(bob.chat(), 'Bob', count)]);
  for (const part of [0.1, 0.3, 0.6]) {
    await bob.until(() => bob.heard(1) >= part * count);
    await relay.restart();
    alice.device.retryNow();
    bob.device.retryNow();
  }
  await writing;
  await Promise.all([alice.until(() => alice.heard(1) === count), bob.until(() => bob.heard(1) === count)]);
  for (const [person, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await expectTexts(person, person.chat(), 'them', other.name, count);
    expect(person.told('missing')).toEqual([]);
    expect(person.told('stale')).toEqual([]);
  }
});
