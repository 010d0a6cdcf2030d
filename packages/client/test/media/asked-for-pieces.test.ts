/** Pieces that the other side says are missing: put again for who needs them, and not without end for who means harm. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { THEIRS } from '../../src/chat/message-record.ts';
import { enqueueContent } from '../../src/delivery/sealing.ts';
import { ShiftedClock } from '../promises/shifted-clock.ts';
import { type Pair, pair, sample, until } from './pair.ts';
import { WatchedPieces } from './watched-pieces.ts';

const MIB = 1_048_576;
const WEEK_MS = 604_800_000;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

async function sentFile() {
  const pieces = new WatchedPieces();
  const clock = new ShiftedClock();
  const two = await pair({ sender: { pieces, clock }, receiver: { autoFetchBytes: -1 } });
  const { sender, receiver } = two;
  await sender.chat.sendFile(sample(3 * MIB), { name: 'a.bin' });
  await receiver.untilFile('remote');
  await sender.untilFile('up');
  return { ...two, pieces, clock, count: new Set(pieces.stored).size };
}

/** The receiver's program says that these are missing; once the sender has done what it does about that. */
async function ask({ sender, receiver }: Pair, ranges: readonly { from: number; to: number }[]): Promise<void> {
  const live = receiver.chat as LiveChat;
  const { seq } = await receiver.file().then(async ({ n }) => ({ seq: await seqOf(live, n) }));
  await live.session.change((change) => void enqueueContent(change, { type: 'needPieces', seq, ranges }));
  const heard = sender.told('message').length;
  await receiver.chat.sendText('and?');
  await until(() => sender.told('message').length > heard, 'the text behind it');
  await sender.untilFile('up');
}

async function seqOf(live: LiveChat, n: number): Promise<number> {
  return live.session.change(async (change) => {
    for (let seq = 1; seq <= change.record.got; seq += 1) {
      if ((await change.records.get(THEIRS, seq))?.n === n) {
        return seq;
      }
    }
    throw new Error(`entry ${n} has no seq`);
  });
}

test('who asks for everything again and again gets it three times a week', async () => {
  const two = await sentFile();
  const { pieces, count, clock } = two;
  expect(count).toBeGreaterThan(2);
  expect(pieces.puts).toHaveLength(count);
  for (let round = 0; round < 20; round += 1) {
    await ask(two, [ALL]);
  }
  expect(pieces.puts).toHaveLength(4 * count);
  // As long as pieces live; then the relay does not have them any more, and an honest one may ask anew.
  clock.advance(WEEK_MS);
  await ask(two, [ALL]);
  expect(pieces.puts).toHaveLength(5 * count);
});

test('who asks for a little at a time gets no more than that either, and not less', async () => {
  const two = await sentFile();
  const { pieces, count } = two;
  for (let round = 0; round < 5; round += 1) {
    for (let i = 0; i < count; i += 1) {
      await ask(two, [{ from: i, to: i }]);
    }
    expect(pieces.puts).toHaveLength(Math.min(4, round + 2) * count);
  }
});
