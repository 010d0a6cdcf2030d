/** A store that was brought back from a backup, or runs twice: noticed, and never sent from under a used key. */

import process from 'node:process';
import { toHex } from '@secret-chat/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredRecord } from '../../src/index.ts';
import { type Person, World } from '../support/people.ts';
import type { Turn } from '../support/relay-side.ts';

const NONCE_SIZE = 24;

/** No two envelopes that were ever put share a nonce, but those that are the same. */
function expectFreshNonces(world: World): void {
  const known = new Map<string, string>();
  for (const { everPut } of world.relay.memory.mailboxes.values()) {
    for (const envelope of everPut) {
      const nonce = toHex(envelope.subarray(0, NONCE_SIZE));
      const whole = toHex(envelope);
      expect(known.get(nonce) ?? whole).toBe(whole);
      known.set(nonce, whole);
    }
  }
}

/** What anybody can see of it: a stale chat, or the word that one of the stores is damaged or old. */
function isNoticed(...people: readonly Person[]): boolean {
  return people.some(
    (person) => person.chats.some(({ state }) => state === 'stale') || person.told('unreadable').length > 0,
  );
}

async function meet() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  return { world, alice, bob };
}

/** Sends, and waits until it arrived and was acknowledged. */
async function say(world: World, from: Person, to: Person, text: string): Promise<void> {
  const { name } = from;
  await from.chat().sendText(text);
  await world.until(() => to.heard().includes(text));
  await world.advance(5_000);
  expect(name).toBe(from.name);
}

describe('a store that was brought back', () => {
  test('after it had sent something: who reads the second text under that number stops', async () => {
    const { world, alice, bob } = await meet();
    const backup = alice.snapshot();
    await say(world, alice, bob, 'from the new store');
    const old = await alice.reopen({ snapshot: backup });
    await world.advance(5_000);
    await old.chat().sendText('from the old store');
    await world.advance(60_000);
    expect(bob.heard()).toEqual(['from the new store']);
    expect(bob.chat().state).toBe('stale');
    expectFreshNonces(world);
    // It says so over a restart too, and can be ended here and begun anew.
    const again = await bob.reopen();
    expect(again.chat().state).toBe('stale');
  });

  test('before it sends anything, with a word from the other side first: it notices itself', async () => {
    const { world, alice, bob } = await meet();
    const backup = alice.snapshot();
    await say(world, alice, bob, 'from the new store');
    alice.kill();
    await bob.chat().sendText('an answer');
    await world.advance(5_000);
    const old = await alice.reopen({ snapshot: backup });
    await world.advance(60_000);
    expect(isNoticed(old, bob)).toBe(true);
    expect(old.chat().state).toBe('stale');
    await expect(old.chat().sendText('no')).rejects.toMatchObject({ code: 'WRONG_STATE' });
    expectFreshNonces(world);
  });

  test('nothing is sent from it before its mailbox was read: what waits there comes first', async () => {
    const { world, alice, bob } = await meet();
    const backup = alice.snapshot();
    await say(world, alice, bob, 'from the new store');
    alice.kill();
    await bob.chat().sendText('an answer');
    await world.advance(5_000);
    const old = await alice.reopen({ snapshot: backup, isOnline: false });
    await old.chat().sendText('written before it was known');
    old.goOnline();
    await world.advance(60_000);
    expect(old.chat().state).toBe('stale');
    expect(bob.heard()).toEqual(['from the new store']);
    expect(bob.chat().state).toBe('open');
  });

  test('nor however long the relay takes to give it out', async () => {
    const { world, alice, bob } = await meet();
    await alice.close();
    const subscribing: Turn<'subscribe'>[] = [];
    world.relay.on('subscribe', (turn) => void subscribing.push(turn));
    const again = await alice.reopen();
    await again.chat().sendText('not before that');
    const before = world.relay.count('put');
    await world.advance(20_000);
    expect(subscribing.length).toBeGreaterThan(0);
    expect(world.relay.count('put')).toBe(before);
    for (const turn of subscribing) {
      turn.honestly();
    }
    await world.until(() => bob.heard().includes('not before that'));
  });

  test('many turns old: noticed, and nothing is shown that was not said', async () => {
    const { world, alice, bob } = await meet();
    const backup = alice.snapshot();
    for (let i = 0; i < 12; i++) {
      await say(world, alice, bob, `a${i}`);
      await say(world, bob, alice, `b${i}`);
    }
    const old = await alice.reopen({ snapshot: backup });
    await world.advance(5_000);
    for (let i = 0; i < 3; i++) {
      await bob.chat().sendText(`to the old one ${i}`);
      await old
        .chat()
        .sendText(`from the old one ${i}`)
        .catch(() => {});
      await world.advance(30_000);
    }
    expect(isNoticed(old, bob)).toBe(true);
    expect(bob.heard()).toEqual(Array.from({ length: 12 }, (_, i) => `a${i}`));
    expectFreshNonces(world);
  });

  test('after it had only received: what it lost is noticed, and does not choke the chat', async () => {
    const { world, alice, bob } = await meet();
    // Whatever is acknowledged begins a turn: this copy is taken in the middle of one.
    await alice.chat().sendText('before');
    await world.until(() => bob.heard().length === 1);
    const backup = alice.snapshot();
    for (const text of ['one', 'two', 'three']) {
      await bob.chat().sendText(text);
    }
    await world.until(() => alice.heard().length === 3);
    await world.advance(60_000);
    const old = await alice.reopen({ snapshot: backup });
    await bob.chat().sendText('four');
    await world.advance(600_000);
    expect(isNoticed(old, bob)).toBe(true);
  });

  test('an old copy that misses nothing goes on', async () => {
    const { world, alice, bob } = await meet();
    await say(world, alice, bob, 'before');
    const again = await alice.reopen({ snapshot: alice.snapshot() });
    await say(world, again, bob, 'after');
    await say(world, bob, again, 'good');
    expect(isNoticed(again, bob)).toBe(false);
  });
});

describe('a store that runs twice', () => {
  test('the one that was there first is displaced, and stops', async () => {
    const { world, alice, bob } = await meet();
    const second = await alice.copy();
    await world.advance(5_000);
    expect(alice.chat().state).toBe('stale');
    expect(alice.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'displaced' }]);
    await say(world, second, bob, 'I am the other one');
    await say(world, bob, second, 'fine');
    expect(second.chat().state).toBe('open');
  });

  test('both send before either knows: one of the texts is shown, and the chat is stale', async () => {
    const { world, alice, bob } = await meet();
    const second = await alice.copy({ isOnline: false });
    await alice.chat().sendText('from the first');
    await world.until(() => bob.heard().length === 1);
    alice.goOffline();
    second.goOnline();
    await second.chat().sendText('from the second');
    await world.advance(60_000);
    expect(bob.heard()).toEqual(['from the first']);
    expect(isNoticed(bob)).toBe(true);
    expectFreshNonces(world);
  });
});

type Step =
  | { readonly kind: 'say'; readonly who: 'alice' | 'bob'; readonly count: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'read'; readonly who: 'alice' | 'bob' }
  | { readonly kind: 'backup' }
  | { readonly kind: 'restart'; readonly who: 'alice' | 'bob' };

const who = fc.constantFrom('alice', 'bob') as fc.Arbitrary<'alice' | 'bob'>;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('say' as const), who, count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 50, 500, 5_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), who }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'backup' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), who }) },
);

describe('any moment of copying and bringing back', () => {
  test('every later text is shown, or somebody is told that something is wrong', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 14 }),
        fc.nat(),
        fc.constantFrom<readonly ('alice' | 'bob')[]>(['alice'], ['bob'], ['bob', 'alice'], ['alice', 'bob']),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 100, 5_000),
        async (steps, pick, speakers, rounds, waitMs) => {
          const { world, ...met } = await meet();
          const people = { alice: met.alice, bob: met.bob };
          const backups: StoredRecord[][] = [people.alice.snapshot()];
          let count = 0;
          for (const each of steps) {
            if (each.kind === 'say') {
              for (let i = 0; i < each.count; i++) {
                await people[each.who].chat().sendText(`${each.who} ${count++}`);
              }
            } else if (each.kind === 'wait') {
              await world.advance(each.ms);
            } else if (each.kind === 'read') {
              const person = people[each.who];
              await person.chat().markRead((await person.history()).map(({ n }) => n));
            } else if (each.kind === 'backup') {
              backups.push(people.alice.snapshot());
            } else {
              people[each.who] = await people[each.who].reopen();
            }
          }
          const shown = async (person: Person) => (await person.read()).filter((line) => line.startsWith('them: '));
          people.alice = await people.alice.reopen({ snapshot: backups[pick % backups.length] as StoredRecord[] });
          await world.advance(waitMs);
          const later: string[] = [];
          for (let i = 0; i < rounds; i++) {
            for (const name of speakers) {
              const text = `later ${name} ${i}`;
              // Who was stopped already says so.
              await people[name]
                .chat()
                .sendText(text)
                .then(
                  () => later.push(text),
                  () => {},
                );
              await world.advance(1_000);
            }
          }
          await world.advance(600_000);
          const [alices, bobs] = [await shown(people.alice), await shown(people.bob)];
          expectFreshNonces(world);
          expect(new Set(bobs.filter((line) => !line.includes('<'))).size).toBe(
            bobs.filter((line) => !line.includes('<')).length,
          );
          const arrived = later.filter((text) => [...alices, ...bobs].includes(`them: ${text}`));
          if (!isNoticed(people.alice, people.bob)) {
            expect(arrived).toEqual(later);
            // And nothing is owed for ever: both know what the other has.
            const held = [...world.relay.memory.mailboxes.values()].flatMap((mailbox) => [...mailbox.held.values()]);
            expect(held).toEqual([]);
            expect([...alices, ...bobs].filter((line) => line.includes('<missing'))).toEqual([]);
          }
          for (const person of Object.values(people)) {
            person.kill();
          }
        },
      ),
      { numRuns: Number(process.env.SECRET_CHAT_COPIES ?? 40) },
    );
  });
});
