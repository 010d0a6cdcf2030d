/** Relays that lie about invites: cards and prekeys that are old, foreign or used, and inboxes full of rubbish. */

import { describe, expect, test } from 'vitest';
import { World } from '../support/people.ts';
import { seededBytes } from '../support/seeded.ts';

describe('a relay that lies about invites', () => {
  test('an older card is good as long as its keys live: the request arrives', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    await world.advance(8 * 86_400_000);
    const [held] = [...world.relay.memory.cards.values()];
    const older = held?.before[0] as Uint8Array;
    expect(older).toBeDefined();
    world.relay.on('getCard', (turn) => turn.ok({ card: older }));
    world.relay.on('takePrekey', (turn) => turn.ok());
    await world.run(bob.device.join(link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.until(() => bob.chat().state === 'open');
    // Too old.
    await world.advance(40 * 86_400_000);
    const carol = await world.open('Carol');
    await expect(world.run(carol.device.join(link))).rejects.toMatchObject({ code: 'INVITE_GONE' });
  });

  test('one prekey handed out twice: the first request counts, the second reaches nobody', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    const [held] = [...world.relay.memory.cards.values()];
    const prekey = held?.prekeys[0] as Uint8Array;
    world.relay.on('takePrekey', (turn) => turn.ok({ prekey }));
    await world.run(bob.device.join(link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.run(carol.device.join(link));
    await world.advance(600_000);
    expect(alice.chats.map(({ theirName }) => theirName)).toEqual(['Bob']);
    expect(carol.chat().state).toBe('waiting');
  });

  test('rubbish for prekeys, or none at all: the card’s own key does', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    const size = [...world.relay.memory.cards.values()][0]?.prekeys[0]?.length ?? 0;
    world.relay.on('takePrekey', (turn) => turn.ok({ prekey: new Uint8Array(size).fill(1) }));
    await world.run(bob.device.join(link));
    world.relay.on('takePrekey', (turn) => turn.refuse('UNAVAILABLE'));
    await world.run(carol.device.join(link));
    await world.until(() => alice.chats.length === 2);
  });

  test('an inbox full of rubbish, and of the same request again and again', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const [inbox] = [...world.relay.memory.mailboxes.values()];
    const address = inbox?.address as Uint8Array;
    const random = seededBytes(11);
    for (let i = 0; i < 1_000; i++) {
      world.relay.say({ op: 'envelope', address, envelope: random(4096) });
    }
    await world.run(bob.device.join(link));
    const [request] = inbox?.everPut ?? [];
    for (let i = 0; i < 200; i++) {
      world.relay.say({ op: 'envelope', address, envelope: request as Uint8Array });
    }
    await world.requested(alice, 'Bob');
    await world.advance(120_000);
    expect(alice.chats).toHaveLength(1);
    const again = await alice.reopen();
    world.relay.say({ op: 'envelope', address, envelope: request as Uint8Array });
    await world.advance(60_000);
    expect(again.chats).toHaveLength(1);
    await again.chat().accept();
    await world.until(() => bob.chat().state === 'open');
  });

  test('a request under the card’s own key, handed out again: it counts once, also when it was rejected', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    const [inbox] = [...world.relay.memory.mailboxes.values()];
    const { address, everPut } = inbox as NonNullable<typeof inbox>;
    world.relay.on('takePrekey', (turn) => turn.ok());
    await world.run(bob.device.join(link));
    const chat = await world.requested(alice, 'Bob');
    const again = async () => {
      world.relay.say({ op: 'envelope', address, envelope: everPut[0] as Uint8Array });
      await world.advance(60_000);
    };
    await again();
    expect(alice.chats).toHaveLength(1);
    await world.run(chat.reject());
    await again();
    expect(alice.chats).toEqual([]);
    expect(alice.told('request')).toHaveLength(1);
  });

  test('more requests than anybody can answer wait on the relay, and the device lives', {
    timeout: 60_000,
  }, async () => {
    const world = await World.create();
    const [alice, mallory, bob] = await world.people('Alice', 'Mallory', 'Bob');
    const { link } = await world.run(alice.device.createInvite({ reusable: true }));
    for (let i = 0; i < 300; i++) {
      const chat = await world.run(mallory.device.join(link));
      await world.advance(10);
      await chat.cancel();
    }
    await world.advance(60_000);
    expect(alice.chats).toHaveLength(256);
    for (const chat of alice.chats.slice(0, 100)) {
      await chat.reject();
    }
    await world.advance(120_000);
    expect(alice.chats).toHaveLength(200);
    await world.run(bob.device.join(link));
    await (await world.requested(alice, 'Bob')).accept();
    await world.until(() => bob.chat().state === 'open');
  });

  test('an inbox that was displaced out of nothing works again with the next connection', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const [inbox] = [...world.relay.memory.mailboxes.values()];
    world.relay.say({ op: 'displaced', address: inbox?.address as Uint8Array });
    await world.run(bob.device.join(link));
    const again = await alice.reopen();
    await world.requested(again, 'Bob');
  });
});
