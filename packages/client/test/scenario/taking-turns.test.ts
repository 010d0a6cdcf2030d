/** Two people who are hardly ever online together. */

import { describe, expect, test } from 'vitest';
import type { MessageState } from '../../src/index.ts';
import { type Person, World } from '../support/people.ts';

/** What a person's own messages are now, by text. */
async function states(person: Person): Promise<Record<string, MessageState>> {
  const own = (await person.history()).filter(({ from }) => from === 'me');
  return Object.fromEntries(own.map((entry) => [entry.kind === 'text' ? entry.text : entry.kind, entry.state]));
}

describe('never online at the same time', () => {
  test('twenty rounds: everything arrives once and in order, on both sides', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    const said: { readonly Alice: string[]; readonly Bob: string[] } = { Alice: [], Bob: [] };
    let [present, absent] = [alice, bob];
    await absent.close();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i <= round % 3; i++) {
        const text = `${present.name} ${round}.${i}`;
        said[present.name as 'Alice' | 'Bob'].push(text);
        await present.chat().sendText(text);
      }
      await world.advance(5_000);
      await present.close();
      const next = await absent.reopen();
      absent = present;
      present = next;
      await world.advance(5_000);
    }
    await absent.reopen().then((person) => {
      absent = person;
    });
    await world.advance(60_000);
    const people = { [present.name]: present, [absent.name]: absent } as Record<'Alice' | 'Bob', Person>;
    for (const [me, them] of [
      ['Alice', 'Bob'],
      ['Bob', 'Alice'],
    ] as const) {
      const entries = await people[me].history();
      const texts = (from: 'me' | 'them') =>
        entries.flatMap((entry) => (entry.from === from && entry.kind === 'text' ? [entry.text] : []));
      expect(texts('me')).toEqual(said[me]);
      expect(texts('them')).toEqual(said[them]);
      expect(entries).toHaveLength(said.Alice.length + said.Bob.length);
    }
    expect([...world.relay.memory.mailboxes.values()].every(({ held }) => held.size === 0)).toBe(true);
  });

  test('what was typed offline goes out in order, closed and opened in between', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    let writer = alice;
    writer.goOffline();
    const texts = Array.from({ length: 30 }, (_, i) => `text ${i}`);
    for (const [i, text] of texts.entries()) {
      await writer.chat().sendText(text);
      if (i % 10 === 9) {
        await writer.close();
        writer = await writer.reopen({ isOnline: false });
      }
    }
    expect(Object.values(await states(writer))).toEqual(texts.map(() => 'queued'));
    writer.goOnline();
    await world.until(() => bob.heard().length === texts.length);
    expect(bob.heard()).toEqual(texts);
    await world.until(async () => Object.values(await states(writer)).every((state) => state === 'sent'));
  });
});

describe('what is shown of a message', () => {
  test('queued until the relay has it, sent until it was read, then read', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    bob.goOffline();
    alice.goOffline();
    const { n } = await inviting.sendText('hello');
    await world.advance(60_000);
    expect(await states(alice)).toEqual({ hello: 'queued' });
    alice.goOnline();
    await world.until(() => alice.told('state').length === 1);
    expect(await states(alice)).toEqual({ hello: 'sent' });
    bob.goOnline();
    await world.until(() => bob.heard().length === 1);
    await world.advance(60_000);
    expect(await states(alice)).toEqual({ hello: 'sent' });
    const [received] = await bob.history();
    expect(received).toMatchObject({ state: 'received' });
    expect(joining.unread).toBe(1);
    await joining.markRead(received?.n ?? 0);
    expect(joining.unread).toBe(0);
    expect(await bob.history()).toMatchObject([{ state: 'read' }]);
    await world.until(() => alice.told('state').length === 2);
    expect(alice.told('state')).toEqual([
      { type: 'state', chat: 1, n, state: 'sent' },
      { type: 'state', chat: 1, n, state: 'read' },
    ]);
    expect(await states(alice)).toEqual({ hello: 'read' });
  });

  test('what was read together is told together; a restart in between forgets nothing', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    for (let i = 0; i < 50; i++) {
      await inviting.sendText(`text ${i}`);
    }
    await world.until(() => bob.heard().length === 50);
    await world.advance(10_000);
    const before = world.relay.count('put');
    for (const { n } of await bob.history()) {
      await bob.chat().markRead(n);
    }
    await world.until(() => alice.told('state').filter(({ state }) => state === 'read').length === 50);
    await world.advance(10_000);
    // The receipts are one content, and one answer acknowledges it.
    expect(world.relay.count('put') - before).toBe(2);

    await inviting.sendText('one more');
    await world.until(() => bob.heard().length === 51);
    bob.goOffline();
    await bob.chat().markRead((await bob.history()).map(({ n }) => n));
    await bob.reopen();
    await world.until(() => alice.told('state').filter(({ state }) => state === 'read').length === 51);
  });

  test('typing is seen by who is there, ends by itself, and is never found later', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    // Nobody was heard of lately.
    await world.advance(60_000);
    inviting.typing();
    await world.advance(1_000);
    expect(bob.told('typing')).toEqual([]);
    await joining.sendText('are you there?');
    await world.until(() => alice.heard().length === 1);
    inviting.typing();
    inviting.typing();
    await world.until(() => bob.told('typing').length === 1);
    await world.until(() => bob.told('typing').length === 2, 10_000);
    expect(bob.told('typing').map(({ typing }) => typing)).toEqual([true, false]);
    await joining.sendText('hm');
    await world.until(() => alice.heard().length === 2);
    inviting.typing();
    await world.until(() => bob.told('typing').length === 3);
    await inviting.sendText('yes');
    await world.until(() => bob.heard().length === 1);
    expect(bob.told('typing').map(({ typing }) => typing)).toEqual([true, false, true, false]);
    // Waiting on the relay it is worth nothing.
    await joining.sendText('so');
    await world.until(() => alice.heard().length === 3);
    bob.goOffline();
    inviting.typing();
    await world.advance(2_000);
    bob.goOnline();
    await world.advance(60_000);
    expect(bob.told('typing')).toHaveLength(4);
  });

  test('a reply names its message on both sides', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob, 'who is there?');
    await inviting.sendText('before');
    const question = (await alice.history())[0];
    await inviting.sendText('me', { replyTo: question?.n ?? 0 });
    await world.until(() => bob.heard().length === 2);
    const [asked, , answer] = await bob.history();
    expect(asked).toMatchObject({ text: 'who is there?' });
    expect(answer).toMatchObject({ text: 'me', replyTo: asked?.n });
    await joining.sendText('good', { replyTo: answer?.n ?? 0 });
    await world.until(() => alice.heard().length === 2);
    expect((await alice.history()).at(-1)).toMatchObject({ text: 'good', replyTo: 3 });
  });

  test('a long text goes in a large envelope', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting } = await world.meet(alice, bob);
    const texts = ['short', 'x'.repeat(13_900), 'ü'.repeat(2_000), 'short again'];
    for (const text of texts) {
      await inviting.sendText(text);
    }
    await world.until(() => bob.heard().length === texts.length);
    expect(bob.heard()).toEqual(texts);
  });
});
