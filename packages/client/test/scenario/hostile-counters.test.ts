/** Counters that no honest device comes to, and questions that never end: from someone who means harm, in a chat that was accepted. */

import { type Content, decodeContent, encodeContent } from '@secret-chat/crypto';
import { describe, expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { enqueueContent, WINDOW } from '../../src/delivery/sealing.ts';
import { meetHostilePeer } from '../support/hostile-peer.ts';
import type { Person } from '../support/people.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const EVERYTHING: Content = { type: 'resend', ranges: [{ from: 1, to: FAR }] };

function liveOf(person: Person): LiveChat {
  return person.chat(1) as LiveChat;
}

describe('a seq that was used', () => {
  const text = (said: string): Content => ({ type: 'text', text: said });

  test('with the same content again: shown once', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    const bytes = encodeContent(text('once'), peer.random);
    const seq = peer.nextSeq++;
    await peer.sayBytes(bytes, { seq });
    await peer.sayBytes(bytes, { seq });
    await peer.say(text('next'));
    await world.until(() => alice.heard(1).includes('next'));
    expect(alice.heard(1)).toEqual(['once', 'next']);
    expect(alice.chat(1).state).toBe('open');
  });

  test.each([
    ['that was shown', 0],
    ['that waits for something missing', 1],
  ])('with another content than the one %s: not taken for it, and the chat stops', async (_, missing) => {
    const { world, alice, peer } = await meetHostilePeer();
    const seq = peer.nextSeq + missing;
    await peer.say(text('first'), { seq });
    await world.advance(1_000);
    await peer.say(text('second'), { seq });
    await world.advance(60_000);
    expect(alice.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'fork' }]);
    expect(alice.heard(1)).toEqual(['first']);
  });
});

describe('what is beyond everything that an honest device can say', () => {
  test('a seq too far ahead takes no place, and leaves no gap', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    const { got } = liveOf(alice).session.record;
    for (const seq of [got + 2 * WINDOW + 1, 2 ** 40, FAR]) {
      await peer.say({ type: 'text', text: 'far' }, { seq });
    }
    await world.advance(60_000);
    expect(alice.told('missing')).toEqual([]);
    await peer.say({ type: 'text', text: 'near' });
    await world.until(() => alice.heard(1).includes('near'));
    expect(alice.heard(1)).toEqual(['near']);
  });

  test.each([
    ['of what was never sealed', FAR],
    ['of the next one', 1],
  ])('an ack %s: the chat stops, and says why', async (_, beyond) => {
    const { world, alice, peer } = await meetHostilePeer();
    await alice.chat(1).sendText('sealed');
    await world.advance(1_000);
    const { sealedSeq } = liveOf(alice).session.record;
    await peer.say({ type: 'text', text: 'x' }, { ack: Math.min(sealedSeq + beyond, FAR) });
    await world.advance(1_000);
    expect(alice.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'ackFromFuture' }]);
  });

  test('a digest of other contents: the chat stops, and says why', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    await alice.chat(1).sendText('sealed');
    await world.advance(1_000);
    const { sealedSeq } = liveOf(alice).session.record;
    await peer.say({ type: 'text', text: 'x' }, { ack: sealedSeq, digest: peer.random(16) });
    await world.advance(1_000);
    expect(alice.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'digest' }]);
    expect(liveOf(alice).session.outbox.size).toBe(1);
  });
});

describe('what is asked for again and again', () => {
  const route = { relay: 'wss://one.test', address: new Uint8Array(32).fill(1) };
  const message = { sender: 'initiator', seq: FAR } as const;

  test.each<{ readonly content: Content; readonly last: Content['type'] }>([
    { content: { type: 'text', text: 'lost by more than chance' }, last: 'gone' },
    { content: { type: 'screenshot' }, last: 'gone' },
    // The other side could not answer, or an `ack` would say that something was destroyed.
    { content: { type: 'accept', ...route }, last: 'accept' },
    { content: { type: 'address', ...route }, last: 'address' },
    { content: { type: 'delete', messages: [message] }, last: 'delete' },
    { content: { type: 'clear', initiator: 0, responder: 0 }, last: 'clear' },
    { content: { type: 'end' }, last: 'end' },
  ])('a $content.type goes out three times more, and then as $last', async ({ content, last }) => {
    const { world, alice, peer } = await meetHostilePeer();
    // Otherwise its own device would act on it.
    peer.isDeaf = true;
    const chat = liveOf(alice);
    const { session } = chat;
    const seq = await session.change((change) => enqueueContent(change, content));
    chat.kick();
    for (let asked = 0; asked <= 4; asked += 1) {
      await world.advance(40_000);
      const stored = session.outbox.get(seq);
      const decoded = decodeContent(stored?.content, seq);
      expect(stored?.resent).toBe(asked);
      expect(decoded.kind === 'known' && decoded.content.type).toBe(asked > 3 ? last : content.type);
      await peer.say(EVERYTHING);
    }
  });

  test('what the relay has not taken is on its way: however often it is asked for, it is not given up', async () => {
    const { world, alice, peer } = await meetHostilePeer();
    world.relay.on('put', () => {});
    const chat = liveOf(alice);
    const seq = await chat.session.change((change) => enqueueContent(change, { type: 'screenshot' }));
    chat.kick();
    for (let asked = 0; asked < 6; asked += 1) {
      await world.advance(40_000);
      await peer.say(EVERYTHING);
    }
    await world.advance(40_000);
    expect(chat.session.outbox.get(seq)).toMatchObject({ sealed: true, resent: 0 });
  });
});
