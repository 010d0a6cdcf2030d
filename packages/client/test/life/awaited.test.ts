/** While a receipt may come, the mailbox is asked now and then; once it cannot come any more, nobody asks for it. */

import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { markStale } from '../../src/delivery/stale.ts';
import { memoryBlobs } from '../../src/index.ts';
import { sample } from '../media/pair.ts';
import { Gate } from '../media/watched-pieces.ts';
import { meetHostilePeer } from '../support/hostile-peer.ts';
import { MemoryPieces } from '../support/memory-pieces.ts';
import { World } from '../support/people.ts';

const FAR = Number.MAX_SAFE_INTEGER;

function liveOf(person: { chat(n?: number): unknown }): LiveChat {
  return person.chat(1) as LiveChat;
}

function awaitedOf(person: { chat(n?: number): unknown }): number {
  return liveOf(person).session.record.timedWaiting ?? 0;
}

/** Alice has said something with a timer to Mallory, who has it and does not read it. */
async function said() {
  const met = await meetHostilePeer();
  const { world, alice } = met;
  await alice.chat(1).setTimer(3_600);
  const { n } = await alice.chat(1).sendText('for an hour');
  await world.advance(5_000);
  expect(awaitedOf(alice)).toBe(1);
  return { ...met, n };
}

/** Asked for until it is given up: `gone` goes out in its place. */
async function giveUp({ world, peer }: Awaited<ReturnType<typeof said>>): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await peer.say({ type: 'resend', ranges: [{ from: 1, to: FAR }] });
    await world.advance(60_000);
  }
}

describe('a receipt is not awaited any more', () => {
  test('once it came', async () => {
    const { world, alice, peer, n } = await said();
    const { sealedSeq } = liveOf(alice).session.record;
    await peer.say({ type: 'read', messages: [{ seq: sealedSeq, ageMs: 0 }] });
    await world.advance(1_000);
    expect((await alice.history(1)).find((entry) => entry.n === n)?.endsAt).toBeDefined();
    expect(awaitedOf(alice)).toBe(0);
  });

  test('for what was deleted here', async () => {
    const { alice, n } = await said();
    await alice.chat(1).deleteMessages(n);
    expect(awaitedOf(alice)).toBe(0);
  });

  test('for what was deleted there', async () => {
    const { world, alice, peer } = await said();
    const { sealedSeq } = liveOf(alice).session.record;
    await peer.say({ type: 'delete', messages: [{ sender: 'responder', seq: sealedSeq }] });
    await world.advance(1_000);
    expect(awaitedOf(alice)).toBe(0);
  });

  test.each(['here', 'there'] as const)('for what was cleared %s', async (where) => {
    const { world, alice, peer } = await said();
    const { sealedSeq } = liveOf(alice).session.record;
    if (where === 'here') {
      await alice.chat(1).clear();
    } else {
      await peer.say({ type: 'clear', initiator: 0, responder: sealedSeq });
    }
    await world.advance(2_000);
    expect(awaitedOf(alice)).toBe(0);
  });

  test('for what was given up: then the mailbox is not asked either', async () => {
    const met = await said();
    const { world, alice } = met;
    await giveUp(met);
    expect(awaitedOf(alice)).toBe(0);
    await world.advance(120_000);
    const before = world.relay.requests.length;
    await world.advance(1_800_000);
    const asked = world.relay.requests.slice(before).filter(({ op }) => op === 'subscribe');
    expect(asked).toHaveLength(0);
  });

  test('nor counted twice: what was given up and came all the same begins to run, and another one is still awaited', async () => {
    const met = await said();
    const { world, alice, peer, n } = met;
    const { sealedSeq } = liveOf(alice).session.record;
    await giveUp(met);
    await alice.chat(1).sendText('another one');
    await world.advance(2_000);
    expect(awaitedOf(alice)).toBe(1);
    await peer.say({ type: 'read', messages: [{ seq: sealedSeq, ageMs: 0 }] });
    await world.advance(1_000);
    expect((await alice.history(1)).find((entry) => entry.n === n)?.endsAt).toBeDefined();
    expect(awaitedOf(alice)).toBe(1);
    await alice.chat(1).deleteMessages(n);
    expect(awaitedOf(alice)).toBe(1);
  });

  test('for what was not sent when the chat became stale; for what was sent it is', async () => {
    const { world, alice } = await said();
    alice.goOffline();
    await alice.chat(1).sendText('too late');
    await world.advance(1_000);
    expect(awaitedOf(alice)).toBe(2);
    await liveOf(alice).session.change((change) => markStale(change, 'fork'));
    expect(awaitedOf(alice)).toBe(1);
  });

  test('for a file that never goes out: its ciphertext is lost, or the chat is stale before it is up', async () => {
    for (const why of ['lost', 'stale'] as const) {
      const world = await World.create();
      const line = new MemoryPieces().line();
      const gate = new Gate();
      line.before = (what) => (what === 'put' ? gate.pass() : undefined);
      const device = { pieces: line, files: memoryBlobs() };
      const alice = await world.open('Alice', { device });
      const bob = await world.open('Bob');
      await world.meet(alice, bob);
      await alice.chat(1).setTimer(3_600);
      await alice.chat(1).sendFile(sample(300_000), { name: 'a' });
      await world.until(() => line.count('put') > 0);
      expect(awaitedOf(alice)).toBe(1);
      if (why === 'stale') {
        await liveOf(alice).session.change((change) => markStale(change, 'fork'));
        gate.open();
        await world.until(() => awaitedOf(alice) === 0);
      } else {
        gate.open();
        const again = await alice.reopen({ device: { ...device, files: memoryBlobs() } });
        await world.until(() => awaitedOf(again) === 0);
      }
    }
  });
});
