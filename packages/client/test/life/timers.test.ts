/** Messages that destroy themselves: on both sides, at the right time, through restarts and turned clocks. */

import { toHex } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { sealUnsequenced } from '../../src/delivery/sealing.ts';
import { type Person, World } from '../support/people.ts';
import { storeWith } from '../support/store-with.ts';

const SECOND = 1_000;
const DAY = 86_400_000;

async function talk() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  return { world, alice, bob };
}

/** Alice sends a text with a timer, and Bob has it. */
async function sendTimed(timer: number | 'once', text = 'soon gone') {
  const { world, alice, bob } = await talk();
  await alice.chat().setTimer(timer);
  const { n } = await alice.chat().sendText(text);
  await world.until(async () => (await bob.history()).some(({ kind }) => kind === 'text' || kind === 'hidden'));
  const theirs = (await bob.history()).find(({ kind }) => kind === 'text' || kind === 'hidden')?.n as number;
  return { world, alice, bob, n, theirs };
}

const has = async (person: Person, n: number) => (await person.chat().message(n)) !== undefined;

describe('a text with a timer', () => {
  test('stays until it is read, then both sides destroy it together', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed(30);
    await world.advance(DAY);
    expect(await has(alice, n)).toBe(true);
    expect(await has(bob, theirs)).toBe(true);
    // Bob shows that he is there, and reads a little later.
    await bob.chat().sendText('let me see');
    await world.advance(20 * SECOND);
    await bob.chat().markRead(theirs);
    const ends = (await bob.chat().message(theirs))?.endsAt as number;
    await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'));
    await world.advance(20 * SECOND);
    expect(await has(alice, n)).toBe(true);
    expect(await has(bob, theirs)).toBe(true);
    await world.advance(11 * SECOND);
    expect(world.clock.wallMs()).toBeGreaterThanOrEqual(ends);
    expect(await has(alice, n)).toBe(false);
    expect(await has(bob, theirs)).toBe(false);
    for (const person of [alice, bob]) {
      expect(person.told('destroyed').map(({ why }) => why)).toEqual(['timer']);
    }
  });

  test('a receipt that finds its turn used up does not make the sender late', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed(60);
    await world.advance(20 * SECOND);
    const { session } = bob.chat() as LiveChat;
    await session.change((change) => {
      while (sealUnsequenced(change, 'noop') !== undefined) {
        // Until nothing more fits Bob's turn.
      }
    });
    await bob.chat().markRead(theirs);
    await world.advance(30 * SECOND);
    expect(alice.told('state').map(({ state }) => state)).not.toContain('read');
    // What Alice says next lets Bob begin a turn.
    await alice.chat().sendText('go on');
    await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'));
    await world.advance(31 * SECOND);
    expect(await has(bob, theirs)).toBe(false);
    expect(await has(alice, n)).toBe(false);
  });

  test.each([
    ['', () => {}],
    [', while a text is written', (bob: Person) => void bob.chat().sendText('meanwhile')],
  ])('a receipt that was lost and goes out anew%s does not make the sender late', async (_, meanwhile) => {
    const world = await World.create();
    const alice = await world.open('Alice');
    let atNextCommit = () => {};
    const bob = await world.open('Bob', {
      wrap: (store) =>
        storeWith(store, {
          batch: async (batch) => {
            atNextCommit();
            atNextCommit = () => {};
            await store.batch(batch);
          },
        }),
    });
    await world.meet(alice, bob);
    const [bobs, alices] = [...world.relay.memory.mailboxes.keys()];
    await alice.chat().setTimer(30);
    const { n } = await alice.chat().sendText('soon gone');
    await world.until(() => bob.heard().length === 1);
    await bob.chat().sendText('let me see');
    await world.advance(2 * SECOND);
    let loses = true;
    world.relay.on('put', (turn) => {
      const to = toHex(turn.request.address);
      if (to === alices && loses) {
        turn.ok();
        return;
      }
      if (to === bobs && !loses) {
        // It asks for what is missing: its commit at Bob's is the next one.
        atNextCommit = () => meanwhile(bob);
      }
      turn.honestly();
    });
    await bob.chat().markRead((await bob.history()).map((message) => message.n));
    const readAtMs = world.clock.wallMs();
    await world.advance(3 * SECOND);
    loses = false;
    await bob.chat().sendText('after it');
    await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'));
    expect(world.clock.wallMs() - readAtMs).toBeGreaterThan(10 * SECOND);
    await world.advance(readAtMs + 32 * SECOND - world.clock.wallMs());
    expect(await has(alice, n)).toBe(false);
  });

  test('goes with all that ended while the programs were off, however many', async () => {
    const { world, alice, bob } = await sendTimed(30);
    await Promise.all(Array.from({ length: 150 }, (_, i) => alice.chat().sendText(`${i}`)));
    await world.until(() => bob.heard().length === 151);
    await bob.chat().markRead((await bob.chat().messages({ limit: 1_000 })).map(({ n }) => n));
    await world.until(() => alice.told('countdown').length === 151);
    await Promise.all([alice.close(), bob.close()]);
    await world.advance(40 * SECOND);
    for (const person of [await alice.reopen(), await bob.reopen()]) {
      await world.until(() => new Set(person.told('destroyed').map(({ n }) => n)).size === 151);
      expect((await person.chat().messages({ limit: 1_000 })).map(({ kind }) => kind)).toEqual(['timer']);
    }
  });

  test('both devices tell when its countdown begins, and when it ends', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed(30);
    await bob.chat().sendText('let me see');
    await world.advance(20 * SECOND);
    await bob.chat().markRead(theirs);
    await world.until(() => alice.told('countdown').length > 0);
    for (const [person, number] of [[alice, n] as const, [bob, theirs] as const]) {
      const endsAt = (await person.chat().message(number))?.endsAt as number;
      expect(endsAt).toBeGreaterThan(world.clock.wallMs());
      expect(person.told('countdown')).toEqual([{ type: 'countdown', chat: 1, n: number, endsAt }]);
    }
  });

  test('a receipt that lay on the relay makes the sender go early, never late', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed(3_600);
    alice.goOffline();
    await bob.chat().markRead(theirs);
    await world.advance(1_800 * SECOND);
    alice.goOnline();
    await world.until(() => alice.told('state').some((event) => event.n === n && event.state === 'read'));
    await world.advance(1_810 * SECOND);
    expect(await has(alice, n)).toBe(false);
    expect(await has(bob, theirs)).toBe(false);
  });

  test('what ran out while the program was off is gone before anything is shown', async () => {
    const { world, bob, theirs } = await sendTimed(60);
    await bob.chat().markRead(theirs);
    await world.advance(10 * SECOND);
    await bob.close();
    await world.advance(DAY);
    const again = await bob.reopen();
    expect(await has(again, theirs)).toBe(false);
    expect(again.told('destroyed')).toHaveLength(1);
  });

  test('a started countdown goes on after a restart from its first start', async () => {
    const { world, bob, theirs } = await sendTimed(60);
    await bob.chat().markRead(theirs);
    await world.advance(30 * SECOND);
    await bob.close();
    const again = await bob.reopen();
    expect(await has(again, theirs)).toBe(true);
    await world.advance(31 * SECOND);
    expect(await has(again, theirs)).toBe(false);
  });

  test.each([-2 * DAY, 2 * DAY])('the wall clock turned by %i ms does not lengthen it', async (turn) => {
    const { world, bob, theirs } = await sendTimed(60);
    await bob.chat().markRead(theirs);
    world.clock.jumpWall(turn);
    await world.advance(61 * SECOND);
    expect(await has(bob, theirs)).toBe(false);
  });

  test('a wall clock that is behind at the start ends what had started', async () => {
    const { world, bob, theirs } = await sendTimed(DAY / 1000);
    await bob.chat().markRead(theirs);
    await bob.close();
    world.clock.jumpWall(-3 * DAY);
    expect(await has(await bob.reopen(), theirs)).toBe(false);
  });

  test('its time does not change with the timer of the chat', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed(30);
    await bob.chat().setTimer('off');
    await world.advance(10 * SECOND);
    expect(alice.chat().timer).toBe('off');
    await bob.chat().markRead(theirs);
    await world.advance(31 * SECOND);
    expect(await has(bob, theirs)).toBe(false);
    expect(await has(alice, n)).toBe(false);
  });
});

describe('view once', () => {
  test('is hidden until viewed, and destroyed when the viewer closes', async () => {
    const { world, alice, bob, n, theirs } = await sendTimed('once', 'only once');
    expect(await bob.chat().message(theirs)).toMatchObject({ kind: 'hidden', what: 'text' });
    await bob.chat().markRead(theirs);
    expect(await bob.chat().message(theirs)).toMatchObject({ kind: 'hidden' });
    expect(await bob.chat().view(theirs)).toMatchObject({ kind: 'text', text: 'only once' });
    await expect(bob.chat().view(theirs)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await bob.chat().closeView(theirs);
    expect(await has(bob, theirs)).toBe(false);
    await expect(bob.chat().view(theirs)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await world.advance(60 * SECOND);
    expect(await has(alice, n)).toBe(false);
  });

  test('a kill while it is viewed destroys it at the next start', async () => {
    const { bob, theirs } = await sendTimed('once');
    await bob.chat().view(theirs);
    bob.kill();
    expect(await has(await bob.reopen(), theirs)).toBe(false);
  });
});

describe('the timer of a chat', () => {
  test('is shown in both histories, and stamped on what comes', async () => {
    const { world, alice, bob } = await talk();
    await bob.chat().setTimer(60);
    await world.until(() => alice.chat().timer === 60);
    expect((await alice.history()).at(-1)).toMatchObject({ kind: 'timer', from: 'them', chatTimer: 60 });
    expect((await bob.history()).at(-1)).toMatchObject({ kind: 'timer', from: 'me', chatTimer: 60 });
    expect((await alice.chat().sendText('hi')).timer).toBe(60);
    await expect(bob.chat().setTimer(1.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test("changed by both at once, the initiator's holds", async () => {
    const { world, alice, bob } = await talk();
    alice.goOffline();
    bob.goOffline();
    await alice.chat().setTimer(10);
    await bob.chat().setTimer(20);
    alice.goOnline();
    bob.goOnline();
    await world.advance(120 * SECOND);
    const initiator = alice.chat().timer;
    expect(bob.chat().timer).toBe(initiator);
  });
});
