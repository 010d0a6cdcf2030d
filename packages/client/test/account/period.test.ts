/** How long relays, and the store itself, keep what nobody uses. */

import { describe, expect, test } from 'vitest';
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

async function meet() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  await world.run(alice.device.createInvite({ reusable: true }));
  return { world, alice, bob };
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

  test('is kept for shorter: mailboxes that a relay keeps for longer are left', async () => {
    const { world, alice, bob } = await meet();
    const before = [...world.relay.memory.mailboxes.keys()];
    await alice.device.setAccountTtl(1);
    await world.advance(120_000);
    const after = [...world.relay.memory.mailboxes.keys()];
    // Bob's, and the invite's, whose address stands in its card.
    expect(after.filter((address) => before.includes(address))).toHaveLength(2);
    await bob.chat().sendText('still reaches');
    await world.until(() => alice.heard().length === 1);
  });

  test('is renewed every day on a connection that lasts', async () => {
    const { world, alice, bob } = await meet();
    bob.kill();
    await alice.device.setAccountTtl(1);
    await world.advance(120_000);
    weeksAsked(world);
    await world.advance(DAY_MS);
    // The chat's, the one that Bob has not left yet, and the invite's.
    expect(weeksAsked(world).mailboxes).toEqual([1, 1, 1]);
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
