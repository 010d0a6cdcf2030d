/** Relays that stop, lose everything, or cannot be reached. */

import { describe, expect, test } from 'vitest';
import { World } from '../support/people.ts';

const DAY_MS = 86_400_000;

describe('a relay that was restarted', () => {
  test('in the middle of a conversation: nothing is lost or shown twice', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    for (let i = 0; i < 20; i++) {
      await inviting.sendText(`a${i}`);
      await joining.sendText(`b${i}`);
      if (i % 4 === 0) {
        world.relay.cutAll();
      }
      await world.advance(i * 37);
    }
    await world.advance(300_000);
    expect(bob.heard()).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}`));
    expect(alice.heard()).toEqual(Array.from({ length: 20 }, (_, i) => `b${i}`));
    expect(inviting.state).toBe('open');
    expect(joining.state).toBe('open');
  });
});

describe('a relay that was replaced by an empty one', () => {
  test('what was put and not fetched arrives nevertheless, in order', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    bob.goOffline();
    for (let i = 0; i < 10; i++) {
      await inviting.sendText(`text ${i}`);
    }
    await world.until(() => alice.told('state').length === 10);
    await world.replaceRelay('wss://one.test');
    // Nobody owns a mailbox there until its owner has come.
    await world.advance(60_000);
    bob.goOnline();
    await world.until(() => bob.heard().length === 10, 600_000);
    expect(bob.heard()).toEqual(Array.from({ length: 10 }, (_, i) => `text ${i}`));
    await bob.chat().sendText('got them');
    await world.until(() => alice.heard().length === 1);
  });

  test('while both are away: what was put arrives once both were there', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    await bob.close();
    await inviting.sendText('hello');
    await world.until(() => alice.told('state').length === 1);
    await alice.close();
    await world.replaceRelay('wss://one.test');
    const bobAgain = await bob.reopen();
    await world.advance(60_000);
    await bobAgain.close();
    const aliceAgain = await alice.reopen();
    await world.advance(60_000);
    await aliceAgain.close();
    const last = await bobAgain.reopen();
    await world.until(() => last.heard().length === 1);
  });

  test('an invite works again as soon as its owner has been there', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    const one = await world.run(alice.device.createInvite());
    const many = await world.run(alice.device.createInvite({ reusable: true }));
    await world.replaceRelay('wss://one.test');
    await world.advance(60_000);
    await world.run(bob.device.join(one.link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.until(() => bob.chat().state === 'open');
    await world.run(carol.device.join(many.link));
    await (await world.requested(alice, 'Carol')).accept();
    await world.until(() => carol.chat().state === 'open');
  });

  test('a request that waits for an answer survives it, and so does the answer', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    alice.goOffline();
    const chat = await world.run(bob.device.join(link, { text: 'hello' }));
    await world.advance(1_000);
    await world.replaceRelay('wss://one.test');
    alice.goOnline();
    const request = await world.requested(alice, 'Bob');
    bob.goOffline();
    await request.accept();
    await world.advance(10_000);
    await world.replaceRelay('wss://one.test');
    await world.advance(10_000);
    bob.goOnline();
    await world.until(() => chat.state === 'open', 900_000);
    await request.sendText('there you are');
    await world.until(() => bob.heard().length === 1);
  });
});

describe('a relay that cannot be reached', () => {
  test('for days: the device waits calmly, and everything goes out afterwards', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    alice.goOffline();
    bob.goOffline();
    await inviting.sendText('from a cellar');
    await joining.sendText('from an island');
    const before = alice.transport.dialled;
    await world.advance(4 * DAY_MS);
    expect(alice.device.links()).toMatchObject([{ relay: 'wss://one.test', link: { state: 'waiting' } }]);
    // Never more often than once in about half a minute.
    expect(alice.transport.dialled - before).toBeLessThan((4 * DAY_MS) / 25_000);
    expect(alice.told('error')).toEqual([]);
    alice.transport.isReachable = true;
    bob.transport.isReachable = true;
    await world.until(() => bob.heard().length === 1 && alice.heard().length === 1, 120_000);
  });

  test('who is away for a month finds everything, though the relay forgot it all', { timeout: 120_000 }, async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    await bob.close();
    const texts = Array.from({ length: 1_200 }, (_, i) => `text ${i}`);
    for (const text of texts) {
      await inviting.sendText(text);
    }
    await world.until(() => alice.told('state').length === 500);
    await world.advance(60_000);
    // The window is full: the rest waits here.
    expect(alice.told('state')).toHaveLength(500);
    const mailbox = [...world.relay.memory.mailboxes.values()].find(({ held }) => held.size > 0);
    expect(mailbox?.held.size).toBe(500);
    // The relay keeps them for a week.
    mailbox?.held.clear();
    await world.clock.advance(8 * DAY_MS);
    expect(mailbox?.held.size).toBe(500);
    mailbox?.held.clear();
    const back = await bob.reopen();
    expect(back.heard()).toEqual([]);
    // The sender comes anew, which is one more reason to put them again.
    world.relay.cutAll();
    await world.until(() => back.heard().length === texts.length, 600_000, 1_000);
    expect(back.heard()).toEqual(texts);
    expect(back.told('missing')).toEqual([]);
  });

  test('what expired comes without a new connection too', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    await bob.close();
    await inviting.sendText('still here');
    await world.until(() => alice.told('state').length === 1);
    const mailbox = [...world.relay.memory.mailboxes.values()].find(({ held }) => held.size > 0);
    mailbox?.held.clear();
    await world.clock.advance(7 * DAY_MS + 2 * 3_600_000);
    expect(alice.transport.dialled).toBe(1);
    const back = await bob.reopen();
    await world.until(() => back.heard().length === 1);
  });
});

describe('several relays', () => {
  test('people on different ones talk; each needs only the other’s to be there', async () => {
    const world = await World.create(['wss://one.test', 'wss://two.test']);
    const alice = await world.open('Alice', { relay: 'wss://one.test' });
    const bob = await world.open('Bob', { relay: 'wss://two.test' });
    const { inviting, joining } = await world.meet(alice, bob);
    await inviting.sendText('to two');
    await joining.sendText('to one');
    await world.until(() => bob.heard().length === 1 && alice.heard().length === 1);
    const [one, two] = [...world.relays.values()];
    expect(one?.memory.mailboxes.size).toBe(1);
    expect(two?.memory.mailboxes.size).toBe(1);
    expect(alice.device.links().map(({ relay }) => relay)).toEqual(['wss://one.test', 'wss://two.test']);
  });

  test('a device that moved to another relay begins new chats there, and keeps the old ones', async () => {
    const world = await World.create(['wss://one.test', 'wss://two.test']);
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    await world.meet(alice, bob);
    const moved = await alice.reopen({ relay: 'wss://two.test' });
    expect(moved.device.relay).toBe('wss://two.test');
    await world.meet(moved, carol);
    await moved.chat(1).sendText('old');
    await moved.chat(2).sendText('new');
    await world.until(() => bob.heard().length === 1 && carol.heard().length === 1);
    await bob.chat().sendText('old too');
    await carol.chat().sendText('new too');
    await world.until(() => moved.heard(1).length === 1 && moved.heard(2).length === 1);
  });
});
