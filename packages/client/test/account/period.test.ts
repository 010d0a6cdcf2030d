/** How long relays, and the store itself, keep what nobody uses. */

import { sha256 } from '@secret-chat/crypto';
import { addressInput, toHex } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { KilledStore } from '../support/killed-store.ts';
import { type Person, World } from '../support/people.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What relays were asked for, since the last call. */
function weeksAsked(world: World): { readonly mailboxes: number[]; readonly cards: number[] } {
  const asked = world.relay.requests.splice(0);
  const of = (wanted: 'open' | 'putCard') =>
    asked.flatMap((request) =>
      (request.op === 'open' || request.op === 'putCard') && request.op === wanted ? [request.idleWeeks] : [],
    );
  return { mailboxes: of('open'), cards: of('putCard') };
}

/** Of all that the relay holds: the period that it was told last. */
function weeksKept(world: World): { readonly mailboxes: number[]; readonly cards: number[] } {
  const { requests, memory } = world.relay;
  const told = new Map<string, number>();
  for (const request of requests) {
    if (request.op === 'open') {
      told.set(toHex(sha256(addressInput(request.ownerKey, request.random))), request.idleWeeks);
    } else if (request.op === 'putCard') {
      told.set(toHex(request.inviteId), request.idleWeeks);
    }
  }
  const of = (held: ReadonlyMap<string, unknown>) => [...held.keys()].map((name) => told.get(name) ?? 0).sort();
  return { mailboxes: of(memory.mailboxes), cards: of(memory.cards) };
}

async function meet() {
  const world = await World.create();
  let store: KilledStore | undefined;
  const alice = await world.open('Alice', {
    wrap: (memory) => {
      store = new KilledStore(memory);
      return store;
    },
  });
  const bob = await world.open('Bob');
  await world.meet(alice, bob);
  await world.run(alice.device.createInvite({ reusable: true }));
  return { world, alice, bob, store: store as KilledStore };
}

async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code });
}

describe('the account', () => {
  test('is kept for half a year when nothing else was said', async () => {
    const { world, alice } = await meet();
    expect(alice.device.accountTtlWeeks).toBe(26);
    const { mailboxes, cards } = weeksAsked(world);
    expect(new Set([...mailboxes, ...cards])).toEqual(new Set([26]));
  });

  test('is kept for longer: every mailbox and card at once, later ones and after a restart too', async () => {
    const { world, alice, bob } = await meet();
    bob.kill();
    weeksAsked(world);
    await alice.device.setAccountTtl(104);
    await world.advance(5_000);
    expect(weeksAsked(world)).toEqual({ mailboxes: [104, 104], cards: [104] });
    await world.run(alice.device.createInvite());
    expect(weeksAsked(world)).toEqual({ mailboxes: [104], cards: [104] });
    const again = await alice.reopen();
    await world.advance(5_000);
    expect(again.device.accountTtlWeeks).toBe(104);
    expect(weeksAsked(world)).toEqual({ mailboxes: [104, 104, 104], cards: [] });
  });

  test('set while offline: told at the next connection, also after a restart', async () => {
    const { world, alice, bob } = await meet();
    bob.kill();
    alice.goOffline();
    await alice.device.setAccountTtl(52);
    const again = await alice.reopen({ isOnline: false });
    weeksAsked(world);
    again.goOnline();
    await world.advance(5_000);
    expect(weeksAsked(world)).toEqual({ mailboxes: [52, 52], cards: [52] });
  });

  test('is kept for shorter: what lies on the relay already is told so at once, and stays where it is', async () => {
    const { world, alice, bob } = await meet();
    const before = [...world.relay.memory.mailboxes.keys()];
    await alice.device.setAccountTtl(1);
    await world.advance(5_000);
    // One is Bob's.
    expect(weeksKept(world)).toEqual({ mailboxes: [1, 1, 26], cards: [1] });
    await world.advance(120_000);
    expect([...world.relay.memory.mailboxes.keys()]).toEqual(before);
    await bob.chat().sendText('still reaches');
    await world.until(() => alice.heard().length === 1);
  });

  test.each([true, false])(
    'killed at any write of the change, online: %s, the next start tells it',
    async (isOnline) => {
      for (let writes = 0; ; writes += 1) {
        const { world, alice, bob, store } = await meet();
        if (!isOnline) {
          alice.goOffline();
        }
        store.dieAfter(writes);
        const isSet = await alice.device.setAccountTtl(1).then(
          () => true,
          () => false,
        );
        expect(isSet).toBe(writes > 0);
        await world.advance(5_000);
        const isThrough = !store.isKilled;
        const again = await alice.reopen({ wrap: (memory) => memory, isOnline: true });
        await world.advance(5_000);
        const weeks = isSet ? 1 : 26;
        expect(again.device.accountTtlWeeks).toBe(weeks);
        expect(weeksKept(world)).toEqual({ mailboxes: [weeks, weeks, 26], cards: [weeks] });
        again.kill();
        bob.kill();
        if (isThrough) {
          expect(writes).toBeGreaterThanOrEqual(isOnline ? 3 : 1);
          return;
        }
      }
    },
  );

  test('taken back, when the answer of the relay to the first change was lost, is told again', async () => {
    const { world, alice } = await meet();
    world.relay.on('putCard', (turn) => {
      turn.perform();
      alice.goOffline();
    });
    await alice.device.setAccountTtl(1);
    await world.advance(5_000);
    expect(weeksKept(world).cards).toEqual([1]);
    world.relay.honest();
    await alice.device.setAccountTtl(26);
    alice.goOnline();
    await world.advance(5_000);
    expect(weeksKept(world)).toEqual({ mailboxes: [26, 26, 26], cards: [26] });
  });

  test('is renewed every day on a connection that lasts', async () => {
    const { world, alice, bob } = await meet();
    bob.kill();
    await alice.device.setAccountTtl(1);
    await world.advance(120_000);
    weeksAsked(world);
    await world.advance(DAY_MS);
    expect(weeksAsked(world).mailboxes).toEqual([1, 1]);
  });

  test.each([0, 105, 1.5, Number.NaN])('of %d weeks is refused', async (weeks) => {
    const { alice } = await meet();
    await expectCode(alice.device.setAccountTtl(weeks), 'INVALID_ARGUMENT');
    expect(alice.device.accountTtlWeeks).toBe(26);
  });
});

describe('the store', () => {
  const TTL_MS = 30 * DAY_MS;

  async function withPeriod() {
    const { world, alice, bob } = await meet();
    bob.kill();
    await alice.device.setStoreTtl(TTL_MS);
    await alice.close();
    return { world, alice };
  }

  async function expectErased(person: Person): Promise<void> {
    let store: Person['store'] | undefined;
    const opening = person.reopen({
      wrap: (memory) => {
        store = memory;
        return memory;
      },
    });
    await expectCode(opening, 'STORE_EXPIRED');
    expect(store?.snapshot()).toEqual([]);
  }

  test('opens before its time is over, and counts anew from then on', async () => {
    const { world, alice } = await withPeriod();
    let person = alice;
    for (let i = 0; i < 3; i += 1) {
      world.clock.jumpWall(TTL_MS - HOUR_MS);
      person = await person.reopen();
      expect(person.chats).toHaveLength(1);
      await person.close();
    }
  });

  test('is erased when it was not opened for longer, whatever the passphrase', async () => {
    const { world, alice } = await withPeriod();
    world.clock.jumpWall(TTL_MS + 1);
    await expectErased(await alice);
  });

  test('is in use as long as it is open', async () => {
    const { world, alice } = await meet();
    await alice.device.setStoreTtl(2 * HOUR_MS);
    for (let i = 0; i < 5; i += 1) {
      await world.advance(HOUR_MS);
    }
    const killed = await alice.reopen();
    expect(killed.chats).toHaveLength(1);
  });

  test('lives no longer when the clock is set back: the mark is the highest time seen', async () => {
    const { world, alice } = await withPeriod();
    world.clock.jumpWall(-10 * DAY_MS);
    const back = await alice.reopen();
    await back.close();
    // 10 days until the mark, and its period.
    world.clock.jumpWall(10 * DAY_MS + TTL_MS + 1);
    await expectErased(back);
  });

  test('stays for ever when the period is taken back, and by default', async () => {
    const { world, alice } = await withPeriod();
    const again = await alice.reopen();
    await again.device.setStoreTtl(undefined);
    await again.close();
    world.clock.jumpWall(3_650 * DAY_MS);
    expect((await again.reopen()).chats).toHaveLength(1);
  });

  test.each([0, HOUR_MS - 1, 11 * 365 * DAY_MS, Number.NaN])('%d ms are refused', async (ms) => {
    const { alice } = await meet();
    await expectCode(alice.device.setStoreTtl(ms), 'INVALID_ARGUMENT');
  });
});
