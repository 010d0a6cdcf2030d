/** A store that cannot write: nothing is half-done, and it goes on when there is room again. */

import { describe, expect, test } from 'vitest';
import { FailingStore } from '../support/failing-store.ts';
import { type Person, World } from '../support/people.ts';

async function openFailing(world: World, name: string): Promise<{ person: Person; store: FailingStore }> {
  let store: FailingStore | undefined;
  const person = await world.open(name, {
    wrap: (inner) => {
      store = new FailingStore(inner);
      return store;
    },
  });
  return { person, store: store as FailingStore };
}

const always = () => true;
const never = () => false;

describe('a full disk', () => {
  test('while sending: the call says so, and nothing of it is there, in memory or later', async () => {
    const world = await World.create();
    const { person: alice, store } = await openFailing(world, 'Alice');
    const bob = await world.open('Bob');
    const { inviting } = await world.meet(alice, bob);
    store.fails = always;
    await expect(inviting.sendText('no room')).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(inviting.rename('Robert')).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(inviting.end()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(inviting.name).toBe('Bob');
    expect(inviting.state).toBe('open');
    expect(await alice.history()).toEqual([]);
    store.fails = never;
    const { n } = await inviting.sendText('room again');
    expect(n).toBe(1);
    await world.until(() => bob.heard().length === 1);
    expect(bob.heard()).toEqual(['room again']);
  });

  test('while a time runs out: it is not shown any more, this is said, and it is destroyed when there is room', async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    const { person: bob, store } = await openFailing(world, 'Bob');
    await world.meet(alice, bob);
    await alice.chat().setTimer(30);
    await alice.chat().sendText('not for long');
    await world.until(() => bob.heard().length === 1);
    const [, message] = await bob.history();
    const n = message?.n as number;
    await bob.chat().markRead(n);
    store.fails = always;
    await world.advance(31_000);
    expect(await bob.chat().message(n)).toBeUndefined();
    expect((await bob.history()).map(({ kind }) => kind)).toEqual(['timer']);
    await expect(bob.chat().view(n)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(bob.told('error')).toContainEqual(expect.objectContaining({ code: 'STORE_FAILED' }));
    expect(bob.told('destroyed')).toEqual([]);
    store.fails = never;
    await world.until(() => bob.told('destroyed').length === 1);
  });

  test('while receiving: the relay keeps it until it is stored', async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    const { person: bob, store } = await openFailing(world, 'Bob');
    await world.meet(alice, bob);
    store.fails = always;
    const acks = world.relay.count('ack');
    for (const text of ['one', 'two', 'three']) {
      await alice.chat().sendText(text);
    }
    await world.advance(60_000);
    expect(bob.heard()).toEqual([]);
    expect(world.relay.count('ack')).toBe(acks);
    expect(bob.told('error')[0]).toMatchObject({ code: 'STORE_FAILED', chat: 1 });
    store.fails = never;
    await world.until(() => bob.heard().length === 3);
    expect(bob.heard()).toEqual(['one', 'two', 'three']);
    await world.advance(10_000);
    expect([...world.relay.memory.mailboxes.values()].every(({ held }) => held.size === 0)).toBe(true);
  });

  test('while it comes and goes: everything arrives once, in order, on both sides', async () => {
    const world = await World.create();
    const { person: alice, store: alices } = await openFailing(world, 'Alice');
    const { person: bob, store: bobs } = await openFailing(world, 'Bob');
    await world.meet(alice, bob);
    alices.fails = (batch) => batch % 3 !== 0;
    bobs.fails = (batch) => batch % 4 !== 0;
    const said: Record<'alice' | 'bob', string[]> = { alice: [], bob: [] };
    for (let i = 0; i < 60; i++) {
      const [name, person] = i % 2 === 0 ? (['alice', alice] as const) : (['bob', bob] as const);
      const text = `${name} ${i}`;
      await person
        .chat()
        .sendText(text)
        .then(
          () => said[name].push(text),
          () => {},
        );
      await world.advance(i * 20);
    }
    await world.advance(120_000);
    alices.fails = never;
    bobs.fails = never;
    await world.advance(120_000);
    expect(said.alice.length).toBeGreaterThan(3);
    expect(bob.heard()).toEqual(said.alice);
    expect(alice.heard()).toEqual(said.bob);
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
    const states = async (person: Person) =>
      (await person.history()).filter(({ from }) => from === 'me').map(({ state }) => state);
    expect(new Set([...(await states(alice)), ...(await states(bob))])).toEqual(new Set(['sent']));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('at write %i of meeting: it works when tried again', async (failing) => {
    const world = await World.create();
    const { person: alice, store: alices } = await openFailing(world, 'Alice');
    const { person: bob, store: bobs } = await openFailing(world, 'Bob');
    const before = { alice: alices.batches, bob: bobs.batches };
    alices.fails = (batch) => batch === before.alice + failing;
    bobs.fails = (batch) => batch === before.bob + failing;
    const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await world.run(work());
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORE_FAILED' });
        }
      }
    };
    const { link } = await patiently(() => alice.device.createInvite());
    await patiently(() => bob.device.join(link, { text: 'hello' }));
    const request = await world.requested(alice, 'Bob');
    await patiently(() => request.accept());
    await world.until(() => bob.chat().state === 'open', 900_000);
    await patiently(() => request.sendText('come in'));
    await world.until(() => bob.heard().length === 1);
    await patiently(() => bob.chat().sendText('thank you'));
    await world.until(() => alice.heard().length === 2);
    expect(alice.chats).toHaveLength(1);
    expect(bob.chats).toHaveLength(1);
    expect(alice.device.invites).toEqual([]);
    await world.advance(120_000);
    expect(world.relay.memory.cards.size).toBe(0);
    expect(world.relay.memory.mailboxes.size).toBe(2);
  });

  test('while it is closed: the store is let go nevertheless, and nothing is told twice later', async () => {
    const world = await World.create();
    const { person: alice, store } = await openFailing(world, 'Alice');
    const bob = await world.open('Bob');
    await world.meet(alice, bob);
    await bob.chat().sendText('one');
    await world.until(() => alice.heard().length === 1);
    // Told, and about to be removed.
    store.fails = always;
    await world.advance(2_000);
    store.fails = never;
    await world.advance(60_000);
    expect((await alice.copy({ isOnline: false })).events).toEqual([]);
    store.fails = always;
    await world.run(alice.device.close());
    await expect(alice.store.get(new Uint8Array(24))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('at the start: the device does not open, and nothing of it goes on', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    await world.run(alice.device.createInvite({ lifeMs: 60_000 }));
    await world.run(alice.device.close());
    await world.advance(120_000);
    let sockets = new Set<unknown>();
    const failing = world.open('Alice', {
      snapshot: alice.snapshot(),
      wrap: (inner) => {
        const store = new FailingStore(inner);
        store.fails = always;
        return store;
      },
      onTransport: (transport) => {
        sockets = transport.sockets;
      },
    });
    await expect(world.run(failing)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await world.advance(60_000);
    expect(sockets.size).toBe(0);
    const again = await world.open('Alice', { snapshot: alice.snapshot() });
    await world.until(() => again.told('inviteEnded').length === 1);
  });
});
