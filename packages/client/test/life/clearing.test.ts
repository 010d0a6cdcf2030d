/** What it costs this device that the other side clears: as much as there is to destroy, whatever else there is. */

import { expect, test, vi } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { meetHostilePeer } from '../support/hostile-peer.ts';

const HISTORY = 400;
const TIMES = 20;

test('a history that is not cleared is not looked through, however often they clear', async () => {
  const { world, alice, peer } = await meetHostilePeer();
  for (let i = 0; i < HISTORY; i += 1) {
    await alice.chat(1).sendText(`text ${i}`);
  }
  await world.advance(5_000);
  const { vault } = (alice.chat(1) as LiveChat).session.context;
  let read = 0;
  const looked: string[] = [];
  const page = vault.page.bind(vault);
  vi.spyOn(vault, 'page').mockImplementation(async (...args) => {
    const records = await page(...(args as Parameters<typeof page>));
    read += records.length;
    looked.push(args[0].kind);
    return records as never;
  });
  const clear = async (initiator: number): Promise<void> => {
    await peer.say({ type: 'clear', initiator, responder: 0 });
    await world.advance(1_000);
  };
  for (let i = 1; i <= TIMES; i += 1) {
    await clear(i);
  }
  expect(looked).toContain('mine');
  looked.length = 0;
  for (let i = 1; i <= TIMES; i += 1) {
    // All of it was cleared before.
    await clear(i);
  }
  expect(looked).not.toContain('mine');
  expect(read).toBeLessThan(2 * TIMES);
  expect(await alice.history(1)).toHaveLength(HISTORY);
});

test('all of a history that is cleared goes, in however many steps, and what is missing with it', async () => {
  const { world, alice, peer } = await meetHostilePeer();
  await world.advance(1_000);
  for (let i = 0; i < 60; i += 1) {
    await alice.chat(1).sendText(`mine ${i}`);
    await peer.say({ type: 'text', text: `theirs ${i}` });
  }
  await world.advance(5_000);
  peer.nextSeq += 3;
  await peer.say({ type: 'text', text: 'after what is missing' });
  await world.advance(20_000);
  expect((await alice.read(1)).slice(-2)).toEqual(['them: <missing 3>', 'them: after what is missing']);
  const { sealedSeq } = (alice.chat(1) as LiveChat).session.record;
  await alice.chat(1).sendText('later');
  // All of theirs but the last one, and all of mine but the last one.
  await peer.say({ type: 'clear', initiator: peer.nextSeq - 2, responder: sealedSeq });
  await world.advance(5_000);
  expect(await alice.read(1)).toEqual(['them: after what is missing', 'me: later']);
  expect((alice.chat(1) as LiveChat).session.record.clearing).toBeUndefined();
});
