/** What a contact names that it cannot know, and what it names before it is there. */

import { encodeContent } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { sealUnsequenced } from '../../src/delivery/sealing.ts';
import { receiveSequenced, surfaceGaps } from '../../src/delivery/sequence.ts';
import { markStale } from '../../src/delivery/stale.ts';
import { clearedByThem, finishClearing, markCleared } from '../../src/life/clearing.ts';
import { deletedByThem } from '../../src/life/deletion.ts';
import { receiptsCame } from '../../src/life/reading.ts';
import { mayReach } from '../../src/link/may-reach.ts';
import { type Person, World } from '../support/people.ts';

async function meet() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  return { world, alice, bob };
}

const sessionOf = (person: Person) => (person.chat() as LiveChat).session;

describe('a message that was never sealed cannot be named by the other side', () => {
  async function queued() {
    const { world, alice } = await meet();
    alice.goOffline();
    await world.advance(1_000);
    const { n } = await alice.chat().sendText('not sent yet');
    const seq = sessionOf(alice).record.nextSeq - 1;
    return { alice, n, seq };
  }

  test('to be deleted', async () => {
    const { alice, n, seq } = await queued();
    await sessionOf(alice).change((change) => deletedByThem(change, [{ sender: 'responder', seq }]));
    expect(await alice.chat().message(n)).toBeDefined();
  });

  test('to be cleared', async () => {
    const { alice, n, seq } = await queued();
    await sessionOf(alice).change((change) => clearedByThem(change, 0, seq + 1_000_000));
    await finishClearing(sessionOf(alice));
    expect(await alice.chat().message(n)).toBeDefined();
  });

  test('as read', async () => {
    const { alice, n, seq } = await queued();
    await sessionOf(alice).change((change) => receiptsCame(change, 'read', [{ seq, ageMs: 0 }]));
    expect(await alice.chat().message(n)).toMatchObject({ state: 'queued' });
  });
});

test('a deletion of what is held behind a gap does not add an entry for the gap again and again', async () => {
  const { alice } = await meet();
  const session = sessionOf(alice);
  const { random } = session.context.effects;
  const seq = session.record.got + 2;
  const content = encodeContent({ type: 'text', text: 'held' }, random);
  const body = { seq, ack: 0, digest: new Uint8Array(16), timer: 'off', content } as const;
  await session.change((change) => receiveSequenced(change, body));
  await session.change((change) => deletedByThem(change, [{ sender: 'initiator', seq }]));
  await session.change(surfaceGaps);
  await session.change(surfaceGaps);
  expect(await alice.read()).toEqual(['them: <missing 1>']);
});

test('a second "clear" that comes while the first is carried out is carried out, too', async () => {
  const { world, alice } = await meet();
  await alice.chat().sendText('one');
  await alice.chat().sendText('two');
  await world.advance(1_000);
  const session = sessionOf(alice);
  const [one, two] = (await alice.history()).map(({ n }) => n) as [number, number];
  await session.change((change) => markCleared(change, { mine: 2, theirs: 0 }));
  const first = finishClearing(session);
  const second = session.change((change) => markCleared(change, { mine: 3, theirs: 0 }));
  await Promise.all([first, second]);
  expect(await alice.chat().message(one)).toBeUndefined();
  expect(await alice.chat().message(two)).toBeUndefined();
});

test('nothing is sealed in a chat that is being cleared, or has become stale', async () => {
  const { alice } = await meet();
  const session = sessionOf(alice);
  const sealed = await session.change((change) => {
    markCleared(change, { mine: 1, theirs: 1 });
    return sealUnsequenced(change, 'noop');
  });
  expect(sealed).toBeUndefined();
  await finishClearing(session);
  const stale = await session.change(async (change) => {
    await markStale(change, 'digest');
    return sealUnsequenced(change, 'typing');
  });
  expect(stale).toBeUndefined();
});

test('thousands of events of one change can be told', async () => {
  const { alice } = await meet();
  const session = sessionOf(alice);
  // A thousand held contents, each of which deletes as much as one can.
  const count = 64_000;
  await session.change((change) => {
    change.events.push(
      ...Array.from({ length: count }, (_, i) => ({ type: 'destroyed', chat: 1, n: i + 1, why: 'deleted' }) as const),
    );
  });
  expect(alice.told('destroyed')).toHaveLength(count);
});

test('a relay of others that is not on this machine is dialled with TLS only', () => {
  expect(mayReach('ws://relay.example', 'wss://one.test')).toBe(false);
  expect(mayReach('ws://relay.example', 'ws://127.0.0.1:1')).toBe(false);
  expect(mayReach('ws://127.0.0.1:1', 'ws://127.0.0.1:2')).toBe(true);
  expect(mayReach('wss://two.test', 'wss://one.test')).toBe(true);
});
