/** The end of a chat: nothing of it is left, on either device or on the relay. */

import { toHex } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { type Person, World } from '../support/people.ts';

/** The vault's header, the device itself, and how far its clock for countdowns was seen; a chat has dozens. */
const NOTHING_ELSE = 3;
const MONTH_MS = 30 * 86_400_000;

async function talk() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob, 'hello');
  for (let i = 0; i < 5; i++) {
    await alice.chat().sendText(`a${i}`);
    await bob.chat().sendText(`b${i}`);
  }
  await world.until(() => alice.heard().length === 6 && bob.heard().length === 5);
  await bob.chat().markRead((await bob.history()).map(({ n }) => n));
  await world.advance(10_000);
  return { world, alice, bob };
}

function expectNothingLeft(world: World, ...people: readonly Person[]): void {
  for (const person of people) {
    expect(person.chats).toEqual([]);
    expect(person.snapshot().length).toBeLessThanOrEqual(NOTHING_ELSE);
  }
  expect(world.relay.memory.mailboxes.size).toBe(0);
}

describe('ending a chat', () => {
  test('destroys it on both sides, and leaves nothing on the relay', async () => {
    const { world, alice, bob } = await talk();
    const [mine, theirs] = [alice.chat(), bob.chat()];
    await mine.end();
    expect(mine.state).toBe('ended');
    expect(await mine.messages()).toEqual([]);
    await expect(mine.sendText('more')).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await world.until(() => theirs.state === 'ended');
    await world.advance(60_000);
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'ended' }]);
    expect(bob.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'endedByThem' }]);
    expectNothingLeft(world, alice, bob);
    // The number is not used again.
    const { inviting } = await world.meet(alice, bob);
    expect(inviting.n).toBe(2);
  });

  test('from both sides at once: each acknowledges the other', async () => {
    const { world, alice, bob } = await talk();
    alice.goOffline();
    bob.goOffline();
    await alice.chat().end();
    await bob.chat().end();
    await world.advance(1_000);
    alice.goOnline();
    bob.goOnline();
    await world.until(() => alice.chats.length === 0 && bob.chats.length === 0, 600_000);
    await world.advance(60_000);
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'ended' }]);
    expect(bob.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'ended' }]);
    expectNothingLeft(world, alice, bob);
  });

  test('while the other is away: told when back, restarts in between', async () => {
    const { world, alice, bob } = await talk();
    await bob.close();
    await alice.chat().end();
    await world.advance(5_000);
    await alice.close();
    const aliceAgain = await alice.reopen();
    await world.advance(86_400_000);
    expect(aliceAgain.chat().state).toBe('ended');
    const bobAgain = await bob.reopen();
    await world.until(() => bobAgain.told('ended').length === 1);
    await world.advance(60_000);
    expectNothingLeft(world, aliceAgain, bobAgain);
  });

  test('what the other had written meanwhile is not shown after the end', async () => {
    const { world, alice, bob } = await talk();
    bob.goOffline();
    await bob.chat().sendText('wait');
    await bob.chat().sendText('one more thing');
    await alice.chat().end();
    await world.advance(5_000);
    const before = alice.events.length;
    bob.goOnline();
    await world.until(() => alice.chats.length === 0 && bob.chats.length === 0, 600_000);
    await world.advance(60_000);
    expect(alice.events.slice(before).filter(({ type }) => type === 'message')).toEqual([]);
    expectNothingLeft(world, alice, bob);
  });

  test('what was written and never delivered is not delivered by it', async () => {
    const { world, alice, bob } = await talk();
    alice.goOffline();
    await alice.chat().sendText('I should not say this');
    await alice.chat().end();
    alice.goOnline();
    await world.until(() => alice.chats.length === 0 && bob.chats.length === 0, 600_000);
    expect(bob.heard()).not.toContain('I should not say this');
    await world.advance(60_000);
    expectNothingLeft(world, alice, bob);
  });

  test('with more waiting than the window holds', async () => {
    const { world, alice, bob } = await talk();
    bob.goOffline();
    for (let i = 0; i < 700; i++) {
      await alice.chat().sendText(`more ${i}`);
    }
    await world.advance(10_000);
    await alice.chat().end();
    await world.advance(10_000);
    bob.goOnline();
    await world.until(() => alice.chats.length === 0 && bob.chats.length === 0, 600_000);
    expect(bob.heard().length).toBeLessThanOrEqual(505);
    await world.advance(60_000);
    expectNothingLeft(world, alice, bob);
  });

  test('what waited for something missing is destroyed with the rest, and so is what still comes', async () => {
    const { world, alice, bob } = await talk();
    const [alices] = [...world.relay.memory.mailboxes.keys()].slice(1);
    let loses = true;
    world.relay.on('put', (turn) => {
      if (loses && toHex(turn.request.address) === alices) {
        turn.ok();
      } else {
        turn.honestly();
      }
    });
    await bob.chat().sendText('lost on the way');
    await world.advance(1_000);
    loses = false;
    await bob.chat().sendText('waits for it');
    const { session } = alice.chat() as LiveChat;
    await world.until(() => session.ahead.size > 0);
    const held = () => [...session.ahead.entries()].map(([, record]) => record.held !== undefined);
    expect(held()).toEqual([true]);
    alice.goOffline();
    await bob.chat().sendText('comes after the end');
    await world.advance(1_000);
    loses = true;
    await alice.chat().end();
    expect(held()).toEqual([false]);
    alice.goOnline();
    await world.until(() => session.ahead.size > 1);
    expect(held().every((isHeld) => !isHeld)).toBe(true);
    world.relay.honest();
    await world.until(() => alice.chats.length === 0 && bob.chats.length === 0, 600_000);
    await world.advance(60_000);
    expectNothingLeft(world, alice, bob);
  });

  test('nobody comes back: what is left here goes after a month', async () => {
    const { world, alice, bob } = await talk();
    await bob.close();
    await alice.chat().end();
    await world.clock.advance(MONTH_MS - 86_400_000);
    expect(alice.chat().state).toBe('ended');
    await world.clock.advance(2 * 86_400_000);
    expect(alice.chats).toEqual([]);
    expect(alice.snapshot().length).toBeLessThanOrEqual(NOTHING_ELSE);
    // Only the other one's is left.
    expect(world.relay.memory.mailboxes.size).toBe(1);
  });

  test('a request that was answered with no, and one that was taken back, leave nothing either', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const invite = await world.run(alice.device.createInvite({ reusable: true }));
    const first = await world.run(bob.device.join(invite.link, { text: 'please' }));
    await (await world.requested(alice, 'Bob')).reject();
    await first.cancel();
    await alice.device.revokeInvite(invite.n);
    await world.advance(60_000);
    expectNothingLeft(world, alice, bob);
    expect(world.relay.memory.cards.size).toBe(0);
  });

  test('a chat that stands still because of an old copy can be ended here', async () => {
    const { world, alice, bob } = await talk();
    const second = await alice.copy();
    await world.until(() => alice.chat().state === 'stale');
    await alice.chat().end();
    expect(alice.chats).toEqual([]);
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'ended' }]);
    second.kill();
    await world.advance(60_000);
    expect(alice.snapshot().length).toBeLessThanOrEqual(NOTHING_ELSE);
    expect(bob.chat().state).toBe('open');
  });
});
