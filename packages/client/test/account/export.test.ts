/** A copy of everything that relays hold. */

import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RelayExport } from '../../src/index.ts';
import { World } from '../support/people.ts';

const ONE = 'wss://one.test';
const TWO = 'wss://two.test';

/** As it comes back from a file. */
function written(data: RelayExport): RelayExport {
  return JSON.parse(JSON.stringify(data)) as RelayExport;
}

async function scene() {
  const world = await World.create([ONE, TWO]);
  const alice = await world.open('Alice');
  const bob = await world.open('Bob', { relay: TWO });
  await world.meet(alice, bob);
  await world.run(alice.device.createInvite({ reusable: true }));
  await world.advance(5_000);
  return { world, alice, bob };
}

describe('an export', () => {
  test('holds each mailbox with its envelopes, each card with its prekeys, and nothing of others', async () => {
    const { world, alice, bob } = await scene();
    const { memory } = world.relay;
    // The relay keeps what Alice does not acknowledge.
    world.relay.on('ack', (turn) => turn.ok());
    await bob.chat().sendText('waits');
    await world.advance(5_000);
    const data = written(await world.run(alice.device.exportRelayData()));
    expect(data).toMatchObject({ format: 'secret-chat relay export', version: 1, unreachable: [], pieces: [] });
    expect(data.relays).toEqual([ONE]);
    expect(data.mailboxes.map(({ of }) => of)).toEqual([{ chat: 1, role: 'current' }, { invite: 2 }]);
    for (const { address, envelopes } of data.mailboxes) {
      const held = memory.mailbox(new Uint8Array(Buffer.from(address, 'base64')))?.held.values() ?? [];
      expect(envelopes.map(({ bytes }) => bytes)).toEqual(
        [...held].map((each) => Buffer.from(each).toString('base64')),
      );
    }
    expect(data.mailboxes[0]?.envelopes.length).toBeGreaterThan(0);
    expect(data.cards).toHaveLength(1);
    const [card] = [...memory.cards.values()];
    expect(data.cards[0]?.bytes).toBe(Buffer.from(card?.card ?? []).toString('base64'));
    expect(data.cards[0]?.prekeys.map(({ bytes }) => bytes)).toEqual(
      card?.prekeys.map((each) => Buffer.from(each).toString('base64')),
    );
    expect(data.mailboxes[0]?.expiresAt).toBe('2033-05-18T03:33:20.000Z');
    expect(Object.keys(data.words)).toEqual(
      expect.arrayContaining(['mailboxes', 'envelopes', 'cards', 'prekeys', 'pieces', 'unreachable']),
    );
  });

  test('asks every relay that the device uses, and says what it could not reach', async () => {
    const { world, alice } = await scene();
    const there = await alice.reopen({ relay: TWO });
    await world.advance(600_000);
    const both = await world.run(there.device.exportRelayData());
    expect([...both.relays].sort()).toEqual([ONE, TWO]);
    expect(both.unreachable).toEqual([]);
    world.relay.on('exportMailbox', (turn) => turn.refuse('UNAVAILABLE'));
    world.relay.on('exportCard', () => {});
    const partly = await world.run(there.device.exportRelayData());
    expect(partly.mailboxes.map(({ relay }) => relay)).toEqual([TWO]);
    expect(partly.cards).toEqual([]);
    expect(partly.unreachable).toEqual([
      { relay: ONE, what: 'mailbox of invite 2', why: 'UNAVAILABLE' },
      { relay: ONE, what: 'card of invite 2', why: 'RELAY_UNREACHABLE' },
    ]);
  });

  test('of a relay that names times beyond every calendar holds what it has all the same', async () => {
    const { world, alice } = await scene();
    const item = { kind: 'mailbox', bytes: new Uint8Array(0), expiresAt: Number.MAX_SAFE_INTEGER } as const;
    world.relay.on('exportMailbox', (turn) => turn.ok({ items: [item] }));
    world.relay.on('exportCard', (turn) => turn.ok({ items: [item, item] }));
    const data = written(await world.run(alice.device.exportRelayData()));
    expect(data.mailboxes.map(({ expiresAt }) => expiresAt)).toEqual(Array(2).fill('+275760-09-13T00:00:00.000Z'));
    expect(data.cards[0]?.prekeys).toHaveLength(1);
  });

  test('names what is to be closed and is not yet', async () => {
    const { world, alice } = await scene();
    world.relay.on('close', (turn) => turn.refuse('UNAVAILABLE'));
    world.relay.on('removeCard', (turn) => turn.refuse('UNAVAILABLE'));
    await alice.device.revokeInvite(2);
    await world.advance(1_000);
    const { mailboxes, cards } = await world.run(alice.device.exportRelayData());
    expect(mailboxes.map(({ of }) => of)).toEqual([{ chat: 1, role: 'current' }, { closing: true }]);
    expect(cards.map(({ of }) => of)).toEqual([{ closing: true }]);
  });

  test('offline, everything is named as not reached', async () => {
    const { world, alice } = await scene();
    alice.goOffline();
    const data = await world.run(alice.device.exportRelayData());
    expect(data.mailboxes).toEqual([]);
    expect(data.unreachable.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      'mailbox of chat 1: RELAY_UNREACHABLE',
      'mailbox of invite 2: RELAY_UNREACHABLE',
      'card of invite 2: RELAY_UNREACHABLE',
    ]);
  });

  test('of many mailboxes warns the program of nothing', async () => {
    const { world, alice } = await scene();
    for (let i = 0; i < 12; i += 1) {
      await world.run(alice.device.createInvite());
    }
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    alice.goOffline();
    const data = await world.run(alice.device.exportRelayData());
    expect(data.unreachable.length).toBeGreaterThan(24);
    await world.advance(1_000);
    expect(warnings).toEqual([]);
  });

  test('can be aborted', async () => {
    const { world, alice } = await scene();
    alice.goOffline();
    const abort = new AbortController();
    const exported = alice.device.exportRelayData({ signal: abort.signal });
    abort.abort();
    await expect(world.run(exported)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
