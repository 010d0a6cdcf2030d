/** No restart, turned clock or lost connection makes a message live longer than it was ordered to. */

import { toHex } from '@secret-chat/wire';
import { expect, test } from 'vitest';
import { type Person, World } from '../support/people.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Alice sends a text with a timer, and Bob has it. */
async function sendTimed(seconds: number) {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  await alice.chat().setTimer(seconds);
  const { n } = await alice.chat().sendText('soon gone');
  await world.until(() => bob.heard().includes('soon gone'));
  await world.advance(60 * SECOND);
  const theirs = (await bob.history()).find(({ kind }) => kind === 'text')?.n as number;
  return { world, alice, bob, n, theirs };
}

const has = async (person: Person, n: number) => (await person.chat().message(n)) !== undefined;

test("the sender's wall clock, turned back before its first countdown, does not hide how long a receipt lay on the relay", async () => {
  const { world, alice, bob, n, theirs } = await sendTimed(3_600);
  await alice.close();
  await bob.chat().markRead(theirs);
  await world.advance(2 * HOUR);
  world.clock.jumpWall(-24 * HOUR);
  const again = await alice.reopen();
  await world.until(
    () => again.told('state').some((event) => event.state === 'read') || again.told('destroyed').length > 0,
  );
  await world.advance(SECOND);
  expect(await has(again, n)).toBe(false);
});

test("the reader's wall clock, turned back while it was off, does not make a receipt younger", async () => {
  const { world, alice, bob, n, theirs } = await sendTimed(3_600);
  bob.goOffline();
  await bob.chat().markRead(theirs);
  await world.advance(2 * HOUR);
  await bob.close();
  world.clock.jumpWall(-72 * HOUR);
  await bob.reopen();
  await world.until(() => alice.told('destroyed').length > 0, 120 * SECOND);
  expect(await has(alice, n)).toBe(false);
});

test('a receipt whose connection ended before it was answered is followed by one that says how old it is', async () => {
  const { world, alice, bob, n, theirs } = await sendTimed(3_600);
  const [bobs] = [...world.relay.memory.mailboxes.keys()];
  world.relay.on('put', (turn) => {
    if (toHex(turn.request.address) === bobs) {
      turn.honestly();
    } else {
      turn.connection.cut();
      bob.goOffline();
    }
  });
  await bob.chat().markRead(theirs);
  await world.advance(5 * SECOND);
  world.relay.honest();
  await world.advance(HOUR / 2);
  bob.goOnline();
  await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'));
  await world.advance(HOUR / 2 + 5 * SECOND);
  expect(await has(bob, theirs)).toBe(false);
  expect(await has(alice, n)).toBe(false);
});

test('a receipt that the relay lost says how old it is when it is sent again', async () => {
  const { world, alice, bob, n, theirs } = await sendTimed(3_600);
  const [bobs] = [...world.relay.memory.mailboxes.keys()];
  world.relay.on('put', (turn) => {
    if (toHex(turn.request.address) === bobs) {
      turn.honestly();
    } else {
      turn.ok();
    }
  });
  await bob.chat().markRead(theirs);
  await world.advance(HOUR / 2);
  world.relay.honest();
  await bob.chat().sendText('something later');
  await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'), 300 * SECOND);
  await world.advance(HOUR / 2 + 5 * SECOND);
  expect(await has(alice, n)).toBe(false);
});

test('receipts are encoded only if all of them can be sealed at once', async () => {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  await bob.chat().sendText('to be read');
  await bob.chat().setTimer('once');
  await bob.chat().sendText('to be viewed');
  await world.until(async () => (await alice.history()).length === 3);
  await world.advance(60 * SECOND);
  const [bobs] = [...world.relay.memory.mailboxes.values()];
  bob.goOffline();
  const before = bobs?.everPut.length as number;
  // All but one of what may be under way.
  await Promise.all(Array.from({ length: 499 }, (_, i) => alice.chat().sendText(`${i}`)));
  await world.until(() => bobs?.everPut.length === before + 499);
  const [read, , viewed] = (await alice.history()).map((entry) => entry.n) as [number, number, number];
  await alice.chat().markRead(read);
  await alice.chat().view(viewed);
  await world.advance(60 * SECOND);
  expect(bobs?.everPut.length).toBe(before + 499);
  bob.goOnline();
  await world.until(() => bob.told('destroyed').length === 1);
});
