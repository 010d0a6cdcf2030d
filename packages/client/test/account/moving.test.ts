/** Mailboxes give way to new ones by themselves, and nothing is lost on the way. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryStore } from '../../src/index.ts';
import { KilledStore } from '../support/killed-store.ts';
import { type Person, World } from '../support/people.ts';

/** A mailbox's age here; a week takes long even where time costs nothing, since connections are kept alive. */
const MOVE_MS = 3_600_000;
/** The longest that one stays: a quarter more. */
const AGE_MS = 1.25 * MOVE_MS;
const OPTIONS = { device: { moveMailboxes: { afterMs: MOVE_MS } } };

async function meet(relays?: readonly string[]) {
  const world = await World.create(relays);
  const [alice, bob] = [await world.open('Alice', OPTIONS), await world.open('Bob', OPTIONS)];
  await world.meet(alice, bob);
  return { world, alice, bob };
}

/** Addresses that relays hold now. */
function addresses(world: World): string[] {
  return [...world.relays.values()].flatMap((relay) => [...relay.memory.mailboxes.keys()]);
}

async function say(world: World, from: Person, to: Person, text: string): Promise<void> {
  await from.chat().sendText(text);
  await world.until(() => to.heard().includes(text), 600_000);
}

describe('a mailbox moves', () => {
  test('by age, on both sides, and the old ones are closed', async () => {
    const { world, alice, bob } = await meet();
    const before = addresses(world);
    await world.advance(AGE_MS + 600_000);
    const after = addresses(world);
    expect(after).toHaveLength(before.length);
    expect(after.filter((address) => before.includes(address))).toEqual([]);
    await say(world, alice, bob, 'to the new one');
    await say(world, bob, alice, 'and back');
    expect(await alice.read()).toEqual(['me: to the new one', 'them: and back']);
  });

  test('not before its time', async () => {
    const { world } = await meet();
    const before = addresses(world);
    // Some of it has passed already.
    await world.advance(0.7 * MOVE_MS);
    expect(addresses(world)).toEqual(before);
    const moments: number[] = [];
    for (let minute = 0; minute < 36; minute += 1) {
      const seen = addresses(world).join();
      await world.advance(60_000);
      if (addresses(world).join() !== seen) {
        moments.push(minute);
      }
    }
    expect(addresses(world)).toHaveLength(2);
    expect(moments.length).toBeGreaterThanOrEqual(1);
  });

  test('by the number of envelopes that it received', async () => {
    const world = await World.create();
    const moves = { device: { moveMailboxes: { afterEnvelopes: 20 } } };
    const [alice, bob] = [await world.open('Alice', moves), await world.open('Bob')];
    await world.meet(alice, bob);
    const before = addresses(world);
    for (let i = 0; i < 30; i += 1) {
      await say(world, bob, alice, `text ${i}`);
    }
    await world.advance(600_000);
    expect(addresses(world).filter((address) => !before.includes(address)).length).toBeGreaterThanOrEqual(1);
    expect(alice.heard()).toEqual(Array.from({ length: 30 }, (_, i) => `text ${i}`));
  });

  test('again and again, one at a time', async () => {
    const { world, alice, bob } = await meet();
    const seen = new Set(addresses(world));
    for (let week = 0; week < 8; week += 1) {
      await world.advance(AGE_MS);
      await say(world, alice, bob, `week ${week}`);
      expect(addresses(world).length).toBeLessThanOrEqual(6);
      for (const address of addresses(world)) {
        seen.add(address);
      }
    }
    await world.advance(600_000);
    expect(addresses(world)).toHaveLength(2);
    expect(seen.size).toBeGreaterThan(12);
  }, 60_000);

  test('while the other side is away for long: the old one stays, and what they wrote arrives', async () => {
    const { world, alice, bob } = await meet();
    await bob.chat().sendText('before');
    await world.advance(5_000);
    bob.goOffline();
    await bob.chat().sendText('written far away');
    const old = addresses(world);
    await world.advance(20 * MOVE_MS);
    expect(addresses(world)).toEqual(expect.arrayContaining(old));
    expect(addresses(world)).toHaveLength(old.length + 1);
    await alice.chat().sendText('are you there?');
    bob.goOnline();
    await world.advance(600_000);
    expect(alice.heard()).toEqual(['before', 'written far away']);
    expect(bob.heard()).toEqual(['are you there?']);
    expect(addresses(world).length).toBeLessThanOrEqual(4);
  }, 60_000);

  test('to the new relay of a device, and the old relay holds nothing of it any more', async () => {
    const { world, alice, bob } = await meet(['wss://one.test', 'wss://two.test']);
    const there = await alice.reopen({ relay: 'wss://two.test' });
    await world.advance(600_000);
    const [one, two] = [...world.relays.values()].map(({ memory }) => memory.mailboxes.size);
    expect([one, two]).toEqual([1, 1]);
    await say(world, bob, there, 'to the other relay');
    await say(world, there, bob, 'it works');
  });

  test('a relay of this machine is not moved to, where the other side would not follow', async () => {
    const { world, alice, bob } = await meet(['wss://one.test', 'ws://127.0.0.1:8787']);
    const there = await alice.reopen({ relay: 'ws://127.0.0.1:8787' });
    await world.advance(2 * AGE_MS);
    expect(world.relays.get('ws://127.0.0.1:8787')?.memory.mailboxes.size).toBe(0);
    await say(world, bob, there, 'still here');
  });

  test('what is on its way to the old one is read before it is closed', async () => {
    const { world, alice, bob } = await meet();
    for (let i = 0; i < 120; i += 1) {
      await world.advance(60_000);
      await bob.chat().sendText(`minute ${i}`);
    }
    await world.advance(600_000);
    expect(alice.heard()).toEqual(Array.from({ length: 120 }, (_, i) => `minute ${i}`));
    expect(alice.told('missing')).toEqual([]);
  });

  test('displaced on the old one: the chat is stale', async () => {
    const { world, alice, bob } = await meet();
    bob.goOffline();
    const [old] = addresses(world);
    await world.advance(AGE_MS + 60_000);
    const copy = await alice.copy();
    await world.advance(5_000);
    expect(old).toBeDefined();
    expect(alice.chat().state).toBe('stale');
    expect(copy.chat().state).toBe('open');
  });
});

describe('a mailbox that is given up', () => {
  test('when the chat ends while it moves, every one of its mailboxes is closed', async () => {
    const { world, alice, bob } = await meet();
    bob.goOffline();
    await world.advance(AGE_MS + 60_000);
    expect(addresses(world)).toHaveLength(3);
    await alice.chat().end();
    bob.goOnline();
    await world.advance(600_000);
    expect(addresses(world)).toEqual([]);
    expect([alice.chats, bob.chats]).toEqual([[], []]);
  });
});

describe('killed at any write of a move', () => {
  test.each(['alice', 'bob'] as const)(
    'of %s: the next start goes on, and nothing is lost',
    async (victim) => {
      for (let writes = 0; ; writes += 1) {
        const world = await World.create();
        let store: KilledStore | undefined;
        const wrap = (memory: MemoryStore) => {
          store = new KilledStore(memory);
          return store;
        };
        // Alice's moves, Bob's does not.
        const options = {
          alice: { device: { moveMailboxes: { afterMs: MOVE_MS } } },
          bob: { device: { moveMailboxes: { afterMs: 1_000 * MOVE_MS } } },
        };
        const people = {
          alice: await world.open('Alice', { ...options.alice, ...(victim === 'alice' ? { wrap } : {}) }),
          bob: await world.open('Bob', { ...options.bob, ...(victim === 'bob' ? { wrap } : {}) }),
        };
        await world.meet(people.alice, people.bob);
        await world.advance(0.7 * MOVE_MS);
        const before = addresses(world);
        (store as KilledStore | undefined)?.dieAfter(writes);
        await people.alice
          .chat()
          .sendText('from alice')
          .catch(() => {});
        await people.bob
          .chat()
          .sendText('from bob')
          .catch(() => {});
        await world.advance(0.6 * MOVE_MS);
        const isThrough = (store as KilledStore | undefined)?.isKilled === false;
        people[victim] = await people[victim].reopen({ wrap: (memory) => memory });
        await people.alice.chat().sendText('alice again');
        await people.bob.chat().sendText('bob again');
        await world.until(() => people.alice.heard().includes('bob again'), 600_000);
        await world.until(() => people.bob.heard().includes('alice again'), 600_000);
        const all = [...(await people.alice.read()), ...(await people.bob.read())];
        expect(all.filter((line) => line.includes('<'))).toEqual([]);
        // What the one wrote is what the other reads, once.
        const said = (await people.bob.read()).filter((line) => line.startsWith('me: ')).map((line) => line.slice(4));
        expect((await people.alice.read()).filter((line) => line.startsWith('them: '))).toEqual(
          said.map((text) => `them: ${text}`),
        );
        await world.until(() => addresses(world).length === 2, 3 * MOVE_MS, 60_000);
        await world.until(() => addresses(world).some((address) => !before.includes(address)), 3 * MOVE_MS, 60_000);
        people.alice.kill();
        people.bob.kill();
        if (isThrough) {
          expect(writes).toBeGreaterThan(5);
          return;
        }
      }
    },
    300_000,
  );
});

type Step =
  | { readonly kind: 'say'; readonly who: 'alice' | 'bob' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'cut' | 'restart' | 'away' | 'back'; readonly who: 'alice' | 'bob' };

const who = fc.constantFrom('alice', 'bob') as fc.Arbitrary<'alice' | 'bob'>;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 500, 20_000, MOVE_MS) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'restart', 'away', 'back') as never, who }) },
) as fc.Arbitrary<Step>;

describe('any moves, cuts and kills', () => {
  test('everything arrives once and in order, and only two mailboxes are left', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
        const world = await World.create();
        const options = { device: { moveMailboxes: { afterMs: 2 * MOVE_MS, afterEnvelopes: 3 } } };
        const people = { alice: await world.open('Alice', options), bob: await world.open('Bob', options) };
        await world.meet(people.alice, people.bob);
        const said = { alice: [] as string[], bob: [] as string[] };
        for (const each of steps) {
          if (each.kind === 'wait') {
            await world.advance(each.ms);
            continue;
          }
          const person = people[each.who];
          if (each.kind === 'say') {
            const text = `${each.who} ${said[each.who].length}`;
            said[each.who].push(text);
            await person.chat().sendText(text);
          } else if (each.kind === 'restart') {
            people[each.who] = await person.reopen({ isOnline: true });
          } else if (each.kind === 'cut') {
            person.goOffline();
            person.goOnline();
          } else if (each.kind === 'away') {
            person.goOffline();
          } else {
            person.goOnline();
          }
        }
        people.alice.goOnline();
        people.bob.goOnline();
        const theirs = async (person: Person) => (await person.read()).filter((line) => line.startsWith('them: '));
        await world.until(
          async () =>
            (await theirs(people.alice)).length === said.bob.length &&
            (await theirs(people.bob)).length === said.alice.length,
          1_200_000,
          1_000,
        );
        expect(await theirs(people.alice)).toEqual(said.bob.map((text) => `them: ${text}`));
        expect(await theirs(people.bob)).toEqual(said.alice.map((text) => `them: ${text}`));
        await world.until(() => addresses(world).length === 2, 1_200_000, 1_000);
        for (const person of Object.values(people)) {
          person.kill();
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 40) },
    );
  });
});
