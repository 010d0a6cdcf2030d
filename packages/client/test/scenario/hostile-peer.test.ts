/** Someone who means harm, in a chat that was accepted: what they can make this device store, send and dial is bounded. */

import type { Content, TimerValue } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { WINDOW } from '../../src/delivery/sealing.ts';
import { type HostilePeer, meetHostilePeer } from '../support/hostile-peer.ts';
import type { Person, World } from '../support/people.ts';
import { seeded } from '../support/seeded.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const EVERYTHING: Content = { type: 'resend', ranges: [{ from: 1, to: FAR }] };
/** What waits to be acknowledged; a window has 500, with the same effect. */
const WAITING = 40;
const RELAY = 'wss://one.test';

async function sayMuch(world: World, alice: Person, count = WAITING): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await alice.chat(1).sendText(`text ${i}`);
  }
  await world.advance(5_000);
}

function liveOf(person: Person): LiveChat {
  return person.chat(1) as LiveChat;
}

function outboxOf(person: Person): LiveChat['session']['outbox'] {
  return liveOf(person).session.outbox;
}

describe('what a peer can make this device send', () => {
  test('by asking for everything again and again: each content once in half a minute', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    await sayMuch(world, alice);
    const before = peer.received;
    for (let second = 0; second < 60; second += 1) {
      await peer.say(EVERYTHING);
      await world.advance(1_000);
    }
    const sent = peer.received - before;
    expect(sent).toBeGreaterThanOrEqual(2 * WAITING);
    // Each question is acknowledged besides.
    expect(sent).toBeLessThanOrEqual(2 * WAITING + 60);
    // Who asks as an honest device does is answered each time.
    await world.advance(60_000);
    const later = peer.received;
    await peer.say(EVERYTHING);
    await world.advance(5_000);
    expect(peer.received - later).toBe(WAITING);
  });

  test('by asking again under a clock that is set back: no less than under one that is not', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    await sayMuch(world, alice);
    await peer.say(EVERYTHING);
    await world.advance(5_000);
    world.clock.jumpWall(-86_400_000);
    const before = peer.received;
    await peer.say(EVERYTHING);
    await world.advance(5_000);
    expect(peer.received - before).toBe(WAITING);
  });

  test('by moving to and fro: a few times at once, then once a minute', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    await sayMuch(world, alice);
    const [here, there] = [peer.ownAddress, peer.random(32)];
    world.relay.memory.open(there);
    const before = peer.received;
    for (let second = 0; second < 60; second += 1) {
      await peer.say({ type: 'address', relay: RELAY, address: second % 2 === 0 ? there : here });
      await world.advance(1_000);
    }
    expect((peer.received - before) / WAITING).toBeLessThan(12);
    // What is written before it follows again is put once.
    for (const address of [peer.random(32), peer.random(32)]) {
      world.relay.memory.open(address);
      await peer.say({ type: 'address', relay: RELAY, address });
      await world.advance(2_000);
    }
    const written = peer.received;
    await alice.chat(1).sendText('between two moves');
    await world.advance(2_000);
    expect(peer.received).toBe(written + 1);
    // The last word counts, if a little later.
    await peer.say({ type: 'address', relay: RELAY, address: there });
    await world.advance(120_000);
    const held = () => world.relay.memory.mailbox(there)?.everPut.length ?? 0;
    const until = held();
    await alice.chat(1).sendText('to the newest one');
    await world.advance(5_000);
    expect(held()).toBe(until + 1);
    expect(alice.told('error')).toEqual([]);
  });

  test('by moving to relays that are none: they are dialled no more often than that', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    const before = alice.transport.dialled;
    for (let i = 0; i < 120; i += 1) {
      await peer.say({ type: 'address', relay: `wss://host-${i}.test`, address: peer.random(32) });
      await world.advance(500);
    }
    // Each a few times, until nobody needs it any more.
    expect(alice.transport.dialled - before).toBeLessThan(80);
  });

  test('by naming a relay on this very machine: nothing, and it is not dialled', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    const before = alice.transport.dialled;
    await peer.say({ type: 'address', relay: 'ws://127.0.0.1:9', address: peer.random(32) });
    await peer.say({ type: 'address', relay: 'wss://localhost', address: peer.random(32) });
    await world.advance(60_000);
    expect(alice.transport.dialled).toBe(before);
    const received = peer.received;
    await alice.chat(1).sendText('where it went before');
    await world.advance(1_000);
    expect(peer.received).toBeGreaterThan(received);
  });
});

describe('what a peer can make this device store', () => {
  test('by leaving gaps and acknowledging nothing: no second question while one waits', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    // The window is full, so that what is asked waits.
    await sayMuch(world, alice, WINDOW);
    const first = peer.nextSeq;
    for (let i = 0; i < 20; i += 1) {
      await peer.say({ type: 'text', text: 'x' }, { seq: first + 1 + 2 * i });
    }
    await world.advance(20_000);
    const before = outboxOf(alice).size;
    for (let i = 0; i < 20; i += 1) {
      world.relay.cutAll();
      await world.advance(30_000);
    }
    expect(outboxOf(alice).size).toBe(before);
    expect(alice.told('error')).toEqual([]);
  });
});

/** Contents of every type that are well-formed, with numbers that make no sense; and what is no content at all. */
function nonsense(chance: () => number, peer: HostilePeer): Content | Uint8Array {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const next = peer.nextSeq;
  const seq = () => pick([1, 2, 3, 4, 5, next - 1, next, next + 1, next + 5, 999, 1_000, 2 ** 32, 2 ** 48, FAR]);
  const number = () => pick([0, seq()]);
  const ref = () => ({ sender: pick(['initiator', 'responder'] as const), seq: seq() });
  const some = <T>(make: () => T): T[] => Array.from({ length: pick([1, 1, 2, 64]) }, make);
  const receipt = () => ({ seq: seq(), ageMs: number() });
  const range = () => {
    const [a, b] = [seq(), seq()];
    return { from: Math.min(a, b), to: Math.max(a, b) };
  };
  const file = () => ({
    key: peer.random(32),
    size: pick([0, 1, 2 ** 36]),
    name: pick(['', '../../x', '\u0000']),
    mediaType: pick(['', 'image/webp', '\n']),
    relay: pick([RELAY, 'wss://elsewhere.test:1', 'ws://127.0.0.1:1']),
    expiresAt: number(),
  });
  const text = () => pick(['', 'a', '\u0000\u001b[2J', 'x'.repeat(13_000)]);
  const makers: readonly (() => Content | Uint8Array)[] = [
    () => peer.random(20),
    () => new Uint8Array(0),
    () => ({ type: 'text', text: text(), replyTo: ref() }),
    () => ({ type: 'file', file: file(), caption: text(), replyTo: ref() }),
    () => ({ type: 'read', messages: some(receipt) }),
    () => ({ type: 'viewed', messages: some(receipt) }),
    () => ({ type: 'timer', timer: pick<TimerValue>(['off', 'once', 1, 0xffff_fffe]) }),
    () => ({ type: 'delete', messages: some(ref) }),
    () => ({ type: 'screenshot', message: ref() }),
    () => ({ type: 'resend', ranges: some(range) }),
    () => ({ type: 'gone', hash: peer.random(16) }),
    () => ({ type: 'fetched', seq: seq() }),
    () => ({ type: 'needPieces', seq: seq(), ranges: some(range) }),
    () => ({ type: 'request', relay: RELAY, address: peer.random(32), text: text() }),
    () => ({ type: 'accept', relay: RELAY, address: peer.random(32) }),
    () => ({ type: 'address', relay: RELAY, address: peer.ownAddress }),
    () => ({ type: 'clear', initiator: pick([0, 1, 2]), responder: number() }),
  ];
  return pick(makers)();
}

describe('what makes no sense', () => {
  test.each([1, 2, 3, 4])('takes its place, and neither this chat nor another one stops (seed %i)', async (seed) => {
    const { world, alice, carol, peer } = await meetHostilePeer(seed);
    const chance = seeded(seed);
    const chat = alice.chat(1);
    await chat.setTimer(3);
    for (let i = 0; i < 100; i += 1) {
      const said = nonsense(chance, peer);
      const timer = ([...Array<TimerValue>(5).fill('off'), 'once', 1, 0xffff_fffe] as const)[Math.floor(chance() * 8)];
      // Now and then one is missing for ever.
      const seq = chance() < 0.1 ? ++peer.nextSeq : peer.nextSeq;
      peer.nextSeq += 1;
      const prefix = { seq, timer: timer as TimerValue };
      await (said instanceof Uint8Array ? peer.sayBytes(said, prefix) : peer.say(said, prefix));
      if (chance() < 0.2) {
        await chat.sendText(`text ${i}`);
      }
      if (chance() < 0.1) {
        const shown = await alice.history(1);
        await chat.markRead(shown.map(({ n }) => n));
        await chat.view(shown.at(-1)?.n ?? 0).catch(() => {});
        await world.advance(11_000);
      }
    }
    await world.advance(60_000);
    const recordOf = (person: Person) => liveOf(person).session.record;
    expect(alice.told('error')).toEqual([]);
    expect(recordOf(alice).surfaced || recordOf(alice).got).toBe(peer.nextSeq - 1);
    const again = await alice.reopen();
    await world.advance(60_000);
    for (let i = 0; i < 8; i += 1) {
      // Some were deleted before they came.
      await peer.say({ type: 'text', text: 'still here' });
    }
    await carol.chat().sendText('and so am I');
    await world.until(() => again.heard(1).includes('still here') && again.heard(2).includes('and so am I'));
    expect(again.told('error')).toEqual([]);
    expect(again.chat(1).state).toBe('open');
  });
});
