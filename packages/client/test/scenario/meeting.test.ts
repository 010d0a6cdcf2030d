/** Two people meet: an invite, a request, an answer. */

import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { World } from '../support/people.ts';

describe('an invite that is accepted', () => {
  test('opens the chat on both sides, with the text of the request as its first entry', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob, 'it is me');
    expect(inviting.state).toBe('open');
    expect(joining.state).toBe('open');
    expect(inviting.theirName).toBe('Bob');
    expect(joining.theirName).toBe('Alice');
    expect(await alice.read()).toEqual(['them: it is me']);
    expect(await bob.read()).toEqual(['me: it is me']);
    expect(alice.events.filter(({ type }) => type !== 'link')).toMatchObject([
      { type: 'request', chat: 1, name: 'Bob', text: 'it is me' },
      { type: 'message', chat: 1, message: { n: 1, from: 'them', text: 'it is me' } },
      { type: 'inviteEnded', invite: 1, why: 'accepted' },
      { type: 'accepted', chat: 1, name: 'Bob' },
    ]);
    expect(bob.events.filter(({ type }) => type !== 'link')).toMatchObject([
      { type: 'message', chat: 1, message: { n: 1, from: 'me', text: 'it is me', state: 'queued' } },
      { type: 'state', chat: 1, n: 1, state: 'sent' },
      { type: 'accepted', chat: 1, name: 'Alice' },
    ]);
    await inviting.sendText('so it is');
    await joining.sendText('good');
    await world.until(() => bob.heard().length === 1 && alice.heard().length === 2);
    expect(bob.heard()).toEqual(['so it is']);
    expect(alice.heard()).toEqual(['it is me', 'good']);
  });

  test('leaves nothing of itself on the relay', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    expect(alice.device.invites).toEqual([]);
    expect(world.relay.memory.cards.size).toBe(0);
    // One of each side.
    expect(world.relay.memory.mailboxes.size).toBe(2);
    expect([...world.relay.memory.mailboxes.values()].flatMap(({ held }) => [...held.values()])).toEqual([]);
  });

  test('gives both sides one fingerprint; the mark lasts over a restart', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    expect(inviting.fingerprint()).toEqual(joining.fingerprint());
    expect(inviting.verified).toBe(false);
    await inviting.markVerified();
    expect(inviting.verified).toBe(true);
    await alice.close();
    const again = await alice.reopen();
    expect(again.chat().verified).toBe(true);
    await again.chat().markVerified(false);
    expect((await again.reopen()).chat().verified).toBe(false);
    expect(joining.verified).toBe(false);
  });

  test('a mark that does not hold any more is taken away at the next start, and that is told once', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    await world.meet(alice, bob);
    await alice.chat().markVerified();
    const { session } = alice.chat() as LiveChat;
    await session.change((change) => {
      change.record = { ...change.record, verified: new Uint8Array(32) };
    });
    const again = await alice.reopen();
    expect(again.chat().verified).toBe(false);
    await world.until(() => again.told('unverified').length > 0);
    expect(again.told('unverified')).toEqual([{ type: 'unverified', chat: 1 }]);
    await world.advance(5_000);
    const later = await again.reopen();
    await world.advance(5_000);
    expect(later.told('unverified')).toEqual([]);
    expect(later.chat().verified).toBe(false);
  });

  test('what is written while nobody has answered waits, and comes in order after the request', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const chat = await world.run(bob.device.join(link, { text: 'one' }));
    await chat.sendText('two');
    await chat.sendText('three');
    const request = await world.requested(alice, 'Bob');
    await world.advance(3_600_000);
    expect(await alice.read()).toEqual(['them: one']);
    await request.accept();
    await world.until(() => alice.heard().length === 3);
    expect(await alice.read()).toEqual(['them: one', 'them: two', 'them: three']);
  });

  test('a name that is given here is known on this device alone', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    await inviting.rename('  Bob from work ');
    expect(inviting.name).toBe('Bob from work');
    expect(inviting.theirName).toBe('Bob');
    expect(joining.name).toBe('Alice');
    const again = await alice.reopen();
    expect(again.chat().name).toBe('Bob from work');
    await again.chat().rename('');
    expect(again.chat().name).toBe('Bob');
  });
});

describe('a request that is not accepted', () => {
  test('rejected: forgotten here, and nobody is told until the invite expires', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite({ lifeMs: 86_400_000 }));
    const chat = await world.run(bob.device.join(link));
    const request = await world.requested(alice, 'Bob');
    await request.reject();
    expect(alice.chats).toEqual([]);
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'rejected' }]);
    await world.advance(3_600_000);
    expect(chat.state).toBe('waiting');
    // The request is put again now and then: it stays rejected.
    expect(alice.chats).toEqual([]);
    expect(alice.told('request')).toHaveLength(1);
    await world.advance(86_400_000);
    expect(chat.state).toBe('ended');
    expect(bob.told('ended')).toHaveLength(1);
    expect(bob.chats).toEqual([]);
  });

  test('cancelled by who asked: gone there at once; an acceptance that comes too late reaches nobody', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const chat = await world.run(bob.device.join(link));
    const request = await world.requested(alice, 'Bob');
    await chat.cancel();
    expect(bob.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'cancelled' }]);
    await expect(chat.sendText('still there')).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await world.advance(1_000);
    await request.accept();
    await request.sendText('hello?');
    await world.advance(600_000);
    expect(bob.chats).toEqual([]);
    expect(await alice.history()).toMatchObject([{ state: 'queued' }]);
  });

  test('blocked: forgotten, and a later request of that identity is dropped', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const first = await world.run(alice.device.createInvite({ reusable: true }));
    await world.run(bob.device.join(first.link));
    await (await world.requested(alice, 'Bob')).block();
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'blocked' }]);
    const second = await world.run(alice.device.createInvite());
    await world.run(bob.device.join(second.link));
    await world.advance(60_000);
    expect(alice.chats).toEqual([]);
    // After a restart too.
    const again = await alice.reopen();
    await world.run(bob.device.join((await world.run(again.device.createInvite())).link));
    await world.advance(60_000);
    expect(again.chats).toEqual([]);
  });

  test('an open chat that is blocked ends here without a word', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    await inviting.block();
    await joining.sendText('are you there?');
    await world.advance(3_600_000);
    expect(alice.heard()).toEqual([]);
    expect(joining.state).toBe('open');
    expect(bob.told('ended')).toEqual([]);
  });

  test('a device that nobody answers gives up when the invite expires', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    await alice.close();
    const chat = await world.run(bob.device.join(link, { text: 'hello' }));
    await world.advance(6 * 86_400_000);
    expect(chat.state).toBe('waiting');
    await world.advance(86_400_000 + 600_000);
    expect(chat.state).toBe('ended');
    expect(bob.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'expired' }]);
  });

  test('calls that do not fit the state say so', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { inviting, joining } = await world.meet(alice, bob);
    const wrong = { code: 'WRONG_STATE' };
    await expect(inviting.accept()).rejects.toMatchObject(wrong);
    await expect((async () => inviting.reject())()).rejects.toMatchObject(wrong);
    await expect((async () => joining.cancel())()).rejects.toMatchObject(wrong);
    await expect(joining.sendText('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(joining.sendText('x'.repeat(20_000))).rejects.toMatchObject({ code: 'TOO_LONG' });
    await expect(joining.sendText('x', { replyTo: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
