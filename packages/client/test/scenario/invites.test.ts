/** Invites that cannot be used, and invites that many use. */

import { describe, expect, test } from 'vitest';
import type { Chat, Clock } from '../../src/index.ts';
import { World } from '../support/people.ts';

describe('a link that is no invite of theirs', () => {
  test('one’s own is refused, before anybody is asked', async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    const { link } = await world.run(alice.device.createInvite());
    const before = world.relay.requests.length;
    await expect(alice.device.join(link)).rejects.toMatchObject({ code: 'INVITE_OWN' });
    expect(world.relay.requests.length).toBe(before);
    expect(alice.chats).toEqual([]);
  });

  test('cut off anywhere, or changed anywhere, it is malformed', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    for (let length = 0; length < link.length; length++) {
      await expect(bob.device.join(link.slice(0, length)), `${length}`).rejects.toMatchObject({
        code: expect.stringMatching(/^INVITE_(MALFORMED|TOO_NEW)$/),
      });
    }
    for (const wrong of [
      '',
      'hello',
      'https://example.org/',
      `${link}x`,
      link.replace('secret-chat:', 'secret-chat'),
    ]) {
      await expect(bob.device.join(wrong)).rejects.toMatchObject({ code: 'INVITE_MALFORMED' });
    }
    expect(bob.chats).toEqual([]);
  });

  test('a text that does not fit a request says so, and nothing of it is left', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    await expect(world.run(bob.device.join(link, { text: 'x'.repeat(1_500) }))).rejects.toMatchObject({
      code: 'TOO_LONG',
    });
    await expect(world.run(bob.device.join(link, { text: 'x'.repeat(20_000) }))).rejects.toMatchObject({
      code: 'TOO_LONG',
    });
    await expect(world.run(bob.device.join(link, { text: '' }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(bob.chats).toEqual([]);
    await world.run(bob.device.join(link, { text: 'half a character: \ud83d' }));
    await world.requested(alice, 'Bob');
    expect(alice.heard()).toEqual(['half a character: \ufffd']);
  });
});

describe('an invite that is over', () => {
  test('used up: who comes later is told at once, who waits already is told soon', async () => {
    const world = await World.create();
    const [alice, bob, carol, dave] = await world.people('Alice', 'Bob', 'Carol', 'Dave');
    const { link } = await world.run(alice.device.createInvite());
    await world.run(bob.device.join(link));
    const carols = await world.run(carol.device.join(link, { text: 'me too' }));
    await world.requested(alice, 'Carol');
    await (await world.requested(alice, 'Bob')).accept();
    await world.until(() => bob.chat().state === 'open');
    expect(alice.told('ended')).toEqual([{ type: 'ended', chat: 2, why: 'inviteGone' }]);
    expect(alice.chats.map(({ theirName }) => theirName)).toEqual(['Bob']);
    expect(alice.device.invites).toEqual([]);
    await expect(world.run(dave.device.join(link))).rejects.toMatchObject({ code: 'INVITE_GONE' });
    await world.until(() => carols.state === 'ended', 900_000);
    expect(carol.told('ended')).toEqual([{ type: 'ended', chat: 1, why: 'inviteGone' }]);
    expect(carol.chats).toEqual([]);
    expect(bob.told('ended')).toEqual([]);
  });

  test('a joiner who was offline when it was used up is told when back', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    const { link } = await world.run(alice.device.createInvite());
    const carols = await world.run(carol.device.join(link));
    await world.requested(alice, 'Carol');
    carol.goOffline();
    await world.run(bob.device.join(link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.advance(86_400_000);
    expect(carols.state).toBe('waiting');
    carol.goOnline();
    await world.until(() => carols.state === 'ended', 120_000);
    expect(carol.told('ended')).toMatchObject([{ why: 'inviteGone' }]);
  });

  test('revoked: nobody can use it, also when the relay hears of it later', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link, n } = await world.run(alice.device.createInvite({ reusable: true }));
    alice.goOffline();
    await alice.device.revokeInvite(n);
    expect(alice.device.invites).toEqual([]);
    expect(alice.told('inviteEnded')).toEqual([{ type: 'inviteEnded', invite: n, why: 'revoked' }]);
    const chat = await world.run(bob.device.join(link));
    alice.goOnline();
    await world.advance(60_000);
    expect(alice.chats).toEqual([]);
    await world.until(() => chat.state === 'ended', 900_000);
    await expect(world.run(bob.device.join(link))).rejects.toMatchObject({ code: 'INVITE_GONE' });
    await expect(alice.device.revokeInvite(n)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(world.relay.memory.cards.size).toBe(0);
  });

  test('expired: ends by itself, on both sides and at the relay', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link, n } = await world.run(alice.device.createInvite({ lifeMs: 3_600_000 }));
    // The relay keeps the card, but its own date is over.
    alice.goOffline();
    await world.advance(3_600_001);
    await expect(world.run(bob.device.join(link))).rejects.toMatchObject({ code: 'INVITE_GONE' });
    alice.goOnline();
    await world.advance(1_200_000);
    expect(alice.told('inviteEnded')).toEqual([{ type: 'inviteEnded', invite: n, why: 'expired' }]);
    expect(world.relay.memory.cards.size).toBe(0);
  });

  test('of a relay that cannot be reached: the caller is told after a while, and can abort', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    bob.goOffline();
    await expect(world.run(bob.device.join(link))).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' });
    await expect(world.run(bob.device.createInvite())).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' });
    const abort = new AbortController();
    const joining = bob.device.join(link, { signal: abort.signal });
    abort.abort();
    await expect(world.run(joining)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(bob.chats).toEqual([]);
    expect(bob.device.invites).toEqual([]);
    bob.goOnline();
    await world.run(bob.device.join(link));
    await world.requested(alice, 'Bob');
  });
});

describe('a relay that wants no invite', () => {
  test('whoever makes one is told why, at once', async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    world.relay.on('open', (turn) => turn.refuse('TOKEN_REQUIRED'));
    const before = world.clock.monotonicMs();
    await expect(world.run(alice.device.createInvite())).rejects.toMatchObject({
      code: 'RELAY_REFUSED',
      relayCode: 'TOKEN_REQUIRED',
    });
    expect(world.clock.monotonicMs() - before).toBeLessThan(1_000);
    world.relay.honest();
    world.relay.on('putCard', (turn) => turn.refuse('RELAY_FULL'));
    await expect(world.run(alice.device.createInvite())).rejects.toMatchObject({ relayCode: 'RELAY_FULL' });
    expect(alice.device.invites).toEqual([]);
    world.relay.honest();
    await world.run(alice.device.createInvite());
  });
});

test.each([
  ['ws://127.0.0.1:8787', true],
  ['wss://localhost', true],
  ['wss://one.test', false],
])('an invite says whether only this machine can use it: %s', async (relay, loopback) => {
  const world = await World.create([relay]);
  const alice = await world.open('Alice');
  expect(await world.run(alice.device.createInvite())).toMatchObject({ loopback });
  expect(alice.device.invites).toMatchObject([{ loopback }]);
});

describe('what lies behind an invite', () => {
  test('of somebody else, changed, or rubbish: refused as forged', async () => {
    const world = await World.create();
    const [alice, bob, mallory] = await world.people('Alice', 'Bob', 'Mallory');
    const { link } = await world.run(alice.device.createInvite());
    await world.run(mallory.device.createInvite());
    const cards = [...world.relay.memory.cards.values()].map(({ card }) => card);
    const [own, foreign] = cards as [Uint8Array, Uint8Array];
    const changed = new Uint8Array(own);
    changed[2_000] = (changed[2_000] as number) ^ 1;
    for (const card of [foreign, changed, new Uint8Array(4096), new Uint8Array(4096).fill(7)]) {
      world.relay.on('getCard', (turn) => turn.ok({ card }));
      await expect(world.run(bob.device.join(link))).rejects.toMatchObject({ code: 'INVITE_FORGED' });
    }
    expect(bob.chats).toEqual([]);
  });

  test('that lives longer than anybody can count can be used', async () => {
    const world = await World.create();
    let wallMs = () => world.clock.wallMs();
    const clock: Clock = {
      wallMs: () => wallMs(),
      monotonicMs: () => world.clock.monotonicMs(),
      after: (ms, run) => world.clock.after(ms, run),
    };
    const alice = await world.open('Alice', { device: { clock } });
    const bob = await world.open('Bob');
    wallMs = () => Number.MAX_SAFE_INTEGER - 1_000;
    const { link } = await world.run(alice.device.createInvite());
    wallMs = () => world.clock.wallMs();
    await world.run(bob.device.join(link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.until(() => bob.chat().state === 'open');
  });

  test('two requests under one one-time invite cannot both be accepted', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    const { link } = await world.run(alice.device.createInvite());
    await world.run(bob.device.join(link));
    await world.run(carol.device.join(link));
    const [first, second] = [await world.requested(alice, 'Bob'), await world.requested(alice, 'Carol')];
    const results = await Promise.allSettled([first.accept(), second.accept()]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { code: 'WRONG_STATE' } });
    await world.advance(60_000);
    expect(alice.chats.map(({ theirName, state }) => [theirName, state])).toEqual([['Bob', 'open']]);
    const again = await alice.reopen();
    expect(again.chats.map(({ theirName }) => theirName)).toEqual(['Bob']);
    expect(bob.chat().state).toBe('open');
  });

  test('the same invite used twice by one device at once is one request', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const [one, two] = await world.run(Promise.all([bob.device.join(link), bob.device.join(link)]));
    expect(one).toBe(two);
    await world.advance(60_000);
    expect(alice.chats).toHaveLength(1);
  });
});

describe('a reusable invite', () => {
  test('fifty come at once; all are let in and can talk', { timeout: 120_000 }, async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    const guests = await Promise.all(Array.from({ length: 50 }, (_, i) => world.open(`Guest ${i}`)));
    await world.run(Promise.all(guests.map(({ device }, i) => device.join(link, { text: `I am ${i}` }))));
    await world.until(() => alice.chats.length === 50);
    await Promise.all(alice.chats.map((chat) => chat.accept()));
    await world.until(() => guests.every((guest) => guest.chat().state === 'open'));
    await Promise.all(alice.chats.map((chat: Chat) => chat.sendText(`welcome, ${chat.theirName}`)));
    await Promise.all(guests.map((guest) => guest.chat().sendText('thank you')));
    await world.until(() => guests.every((guest) => guest.heard().length === 1));
    await world.until(() => alice.chats.every(({ n }) => alice.heard(n).length === 2));
    for (const guest of guests) {
      expect(guest.heard()).toEqual([`welcome, ${guest.name}`]);
    }
    for (const { n, theirName } of alice.chats) {
      expect(alice.heard(n)).toEqual([`I am ${theirName.slice('Guest '.length)}`, 'thank you']);
    }
    // It goes on, and its pool of prekeys is filled again.
    expect(alice.device.invites).toHaveLength(1);
    const late = await world.open('Late');
    await world.run(late.device.join(link));
    await world.requested(alice, 'Late');
    await world.advance(6 * 3_600_000);
    expect([...world.relay.memory.cards.values()][0]?.prekeys.length).toBe(40);
  });
});

describe('an invite that cannot be kept up', () => {
  test('its owner is told, and it is tried again on the same connection', async () => {
    const world = await World.create();
    const alice = await world.open('Alice');
    await world.run(alice.device.createInvite());
    world.relay.on('addPrekeys', (turn) => turn.refuse('RELAY_FULL'));
    world.relay.cutAll();
    await world.until(() => alice.told('error').length === 1);
    const asked = world.relay.count('addPrekeys');
    world.relay.honest();
    await world.advance(29_000);
    expect(world.relay.count('addPrekeys')).toBe(asked);
    await world.until(() => world.relay.count('addPrekeys') > asked, 2_000);
    expect(alice.told('error')).toHaveLength(1);
  });
});
