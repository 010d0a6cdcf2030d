/** Deleting the account: at once, later, and through kills at any write. */

import { describe, expect, test } from 'vitest';
import type { MemoryStore } from '../../src/index.ts';
import { KilledStore } from '../support/killed-store.ts';
import { type Person, World } from '../support/people.ts';

const DAY_MS = 86_400_000;

interface Scene {
  readonly world: World;
  readonly alice: Person;
  readonly bob: Person;
  readonly store: KilledStore;
}

/** Alice has a chat with Bob, a request of Carol's, one of her own to Dora, and an invite. */
async function scene(): Promise<Scene> {
  const world = await World.create();
  let store: KilledStore | undefined;
  const alice = await world.open('Alice', {
    wrap: (memory) => {
      store = new KilledStore(memory);
      return store;
    },
  });
  const [bob, carol, dora] = await world.people('Bob', 'Carol', 'Dora');
  await world.meet(alice, bob);
  await alice.chat().sendText('from alice');
  await bob.chat().sendText('from bob');
  const { link } = await world.run(alice.device.createInvite({ reusable: true }));
  await world.run(carol.device.join(link));
  await world.requested(alice, 'Carol');
  const doras = await world.run(dora.device.createInvite());
  await world.run(alice.device.join(doras.link));
  await world.advance(5_000);
  carol.kill();
  dora.kill();
  return { world, alice, bob, store: store as KilledStore };
}

/** What the relay holds of people that are still there. */
function held(world: World): { readonly mailboxes: number; readonly cards: number } {
  const { mailboxes, cards } = world.relay.memory;
  return { mailboxes: mailboxes.size, cards: cards.size };
}

async function rawStore(person: Person): Promise<number> {
  return person.snapshot().length;
}

describe('an account is deleted', () => {
  test('at once: the store is empty, the relay has nothing, the other side knows', async () => {
    const { world, alice, bob } = await scene();
    // Of Carol and Dora: a mailbox of hers, and Dora's inbox and card.
    const before = held(world);
    const progress = await world.run(alice.device.deleteAccount());
    expect(progress).toEqual({ done: true, left: 0 });
    expect(await rawStore(alice)).toBe(0);
    await world.advance(5_000);
    expect(bob.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'endedByThem' }]);
    expect(bob.chats).toEqual([]);
    // Hers for Bob, for Dora, and the invite's inbox; Bob's own went with the chat.
    expect(held(world)).toEqual({ mailboxes: before.mailboxes - 4, cards: before.cards - 1 });
    expect(alice.told('deleted')).toHaveLength(1);
    await expect(alice.device.createInvite()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('shows nothing and takes nothing from then on', async () => {
    const { world, alice } = await scene();
    alice.goOffline();
    const chat = alice.chat();
    const deleted = alice.device.deleteAccount();
    await world.advance(100);
    expect(alice.device.deleting).toBe(true);
    expect([alice.device.chats, alice.device.invites, alice.device.chat(1)]).toEqual([[], [], undefined]);
    for (const call of [
      () => alice.device.createInvite(),
      () => alice.device.revokeInvite(1),
      () => alice.device.setAccountTtl(1),
      () => alice.device.exportRelayData(),
      () => chat.sendText('still here?'),
      () => chat.end(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'WRONG_STATE' });
    }
    expect(await world.run(deleted)).toMatchObject({ done: false });
  });

  test('offline: what cannot be told waits in a journal, and the next start tells it and shows no chat', async () => {
    const { world, alice, bob } = await scene();
    const before = held(world);
    alice.goOffline();
    const progress = await world.run(alice.device.deleteAccount());
    // An end; mailboxes for Bob and Dora, the inbox and the card of the invite.
    expect(progress).toEqual({ done: false, left: 5 });
    // Header, device, mark, and the five.
    expect(await rawStore(alice)).toBe(8);
    await alice.close();
    const again = await alice.reopen({ isOnline: false, device: { name: 'Alice again' } });
    expect(again.device.deleting).toBe(true);
    expect([again.device.chats, again.device.invites, again.device.name]).toEqual([[], [], '-']);
    await world.advance(DAY_MS / 4);
    expect(bob.chat().state).toBe('open');
    again.goOnline();
    await world.until(() => again.told('deleted').length === 1);
    expect(await rawStore(again)).toBe(0);
    await world.advance(5_000);
    expect(bob.chats).toEqual([]);
    expect(held(world)).toEqual({ mailboxes: before.mailboxes - 4, cards: before.cards - 1 });
    expect(again.events.filter(({ type }) => type !== 'link' && type !== 'deleted')).toEqual([]);
  });

  test('the end waits for the other side on the relay for 30 days', async () => {
    const { world, alice, bob } = await scene();
    bob.goOffline();
    const hours: number[] = [];
    world.relay.on('put', (turn) => {
      hours.push(turn.request.ttlHours);
      turn.honestly();
    });
    expect(await world.run(alice.device.deleteAccount())).toEqual({ done: true, left: 0 });
    expect(hours).toEqual([720]);
    bob.goOnline();
    await world.until(() => bob.told('ended').length === 1);
  });

  test('with five hundred messages that the other side has not seen, it still ends', async () => {
    const { world, alice, bob } = await scene();
    bob.goOffline();
    for (let i = 0; i < 600; i += 1) {
      await alice.chat().sendText(`unseen ${i}`);
    }
    await world.advance(60_000);
    expect(await world.run(alice.device.deleteAccount())).toEqual({ done: true, left: 0 });
    bob.goOnline();
    await world.until(() => bob.told('ended').length === 1);
    expect(bob.heard().length).toBeGreaterThanOrEqual(500);
  }, 60_000);

  test('while a chat moves, each of its mailboxes is closed, and the other side is reached', async () => {
    const world = await World.create();
    const alice = await world.open('Alice', { device: { moveMailboxes: { afterMs: 600_000 } } });
    const bob = await world.open('Bob');
    await world.meet(alice, bob);
    bob.goOffline();
    await world.advance(900_000);
    expect(held(world).mailboxes).toBe(3);
    expect(await world.run(alice.device.deleteAccount())).toEqual({ done: true, left: 0 });
    expect(held(world).mailboxes).toBe(1);
    bob.goOnline();
    await world.until(() => bob.chats.length === 0);
    await world.until(() => held(world).mailboxes === 0);
  });

  test('a chat that was just ended is told too', async () => {
    const { world, alice, bob } = await scene();
    alice.goOffline();
    await alice.chat().end();
    const deleted = alice.device.deleteAccount();
    await world.advance(1_000);
    alice.goOnline();
    expect(await world.run(deleted)).toEqual({ done: true, left: 0 });
    await world.until(() => bob.told('ended').length === 1);
  });

  test('a relay that never comes back is given up, when it has forgotten by itself', async () => {
    const { world, alice } = await scene();
    alice.goOffline();
    await world.run(alice.device.deleteAccount());
    await alice.close();
    world.clock.jumpWall(31 * DAY_MS);
    const later = await alice.reopen({ isOnline: false });
    await world.run(later.device.deleteAccount());
    expect(later.device.deleting).toBe(true);
    world.clock.jumpWall(27 * 7 * DAY_MS);
    const latest = await later.reopen({ isOnline: false });
    await world.until(() => latest.told('deleted').length === 1);
    expect(await rawStore(latest)).toBe(0);
  });

  test('a relay that refuses is asked again', async () => {
    const { world, alice } = await scene();
    world.relay.on('put', (turn) => turn.refuse('MAILBOX_FULL'));
    world.relay.on('close', (turn) => turn.refuse('UNAVAILABLE'));
    expect(await world.run(alice.device.deleteAccount())).toMatchObject({ done: false });
    world.relay.honest();
    await world.until(() => alice.told('deleted').length === 1, 300_000);
  });

  test('a new device can be made in the store afterwards', async () => {
    const { world, alice } = await scene();
    await world.run(alice.device.deleteAccount());
    const next = await alice.reopen({ device: { name: 'Someone else' } });
    expect(next.device.deleting).toBe(false);
    expect(next.device.name).toBe('Someone else');
  });

  test('a full disk at the mark changes nothing', async () => {
    const { world, alice, store } = await scene();
    store.dieAfter(0);
    await expect(alice.device.deleteAccount()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    store.dieAfter(Number.POSITIVE_INFINITY);
    expect(alice.device.deleting).toBe(false);
    expect(alice.chats).toHaveLength(3);
    await world.advance(1_000);
  });
});

describe('killed at any write, the next start finishes it', () => {
  test.each([true, false])(
    'online: %s',
    async (isOnline) => {
      for (let writes = 1; ; writes += 1) {
        const { world, alice, bob, store } = await scene();
        const others = held(world);
        if (!isOnline) {
          alice.goOffline();
        }
        store.dieAfter(writes);
        void alice.device.deleteAccount().catch(() => {});
        await world.advance(30_000);
        const isThrough = !store.isKilled;
        store.dieAfter(Number.POSITIVE_INFINITY);
        if (!isThrough) {
          const again = await alice.reopen({ isOnline: true }).catch((error: { code: string }) => error.code);
          if (typeof again === 'string') {
            // It was being erased: that is finished, and said.
            expect(again).toBe('STORE_ERASED');
          } else {
            expect(again.device.deleting).toBe(true);
            expect(again.device.chats).toEqual([]);
            await world.until(() => again.told('deleted').length === 1, 600_000);
            expect(await rawStore(again)).toBe(0);
          }
          await world.until(() => bob.chats.length === 0, 600_000);
          expect(held(world)).toEqual({ mailboxes: others.mailboxes - 4, cards: others.cards - 1 });
        }
        for (const person of [alice, bob]) {
          person.kill();
        }
        if (isThrough) {
          expect(writes).toBeGreaterThan(5);
          return;
        }
      }
    },
    300_000,
  );

  test('again and again, after one more write each time', async () => {
    const { world, alice, bob, store } = await scene();
    const before = held(world);
    store.dieAfter(1);
    void alice.device.deleteAccount().catch(() => {});
    await world.advance(20_000);
    let last = alice;
    let lives = 1;
    for (let isErased = false; !isErased; lives += 1) {
      const wrap = (memory: MemoryStore) => {
        const next = new KilledStore(memory);
        next.dieAfter(1);
        return next;
      };
      await last
        .reopen({ wrap })
        .then((next) => {
          last = next;
          isErased = next.snapshot().length === 0;
        })
        .catch((error: { readonly code: string }) => {
          expect(['STORE_FAILED', 'STORE_ERASED']).toContain(error.code);
          isErased = true;
        });
      await world.advance(20_000);
    }
    expect(lives).toBeGreaterThan(8);
    await world.until(() => bob.chats.length === 0);
    expect(held(world)).toEqual({ mailboxes: before.mailboxes - 4, cards: before.cards - 1 });
  });
});
