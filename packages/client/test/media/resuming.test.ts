/** Files that are wanted again while something of an earlier try is still there: a reader, a job that failed. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { type BlobStore, type Chat, ClientError, memoryBlobs } from '../../src/index.ts';
import { isSame, pair, sample, until } from './pair.ts';
import { Gate, WatchedPieces } from './watched-pieces.ts';

const MIB = 1_048_576;
const BYTES = sample(3 * MIB);
const NEVER = { autoFetchBytes: -1 };

/** Blobs whose disk is full while `isFull` says so. */
function fillable(disk: { isFull: boolean }): BlobStore {
  const blobs = memoryBlobs();
  return {
    ...blobs,
    async create(name, size) {
      const blob = await blobs.create(name, size);
      return {
        ...blob,
        async write(offset, bytes) {
          if (disk.isFull) {
            throw new ClientError('STORE_FAILED', 'the disk is full');
          }
          await blob.write(offset, bytes);
        },
      };
    },
  };
}

test('a file that was paused goes on while somebody reads it', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces } });
  await sender.chat.sendFile(BYTES, { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  const gate = new Gate();
  pieces.before = () => gate.pass();
  const fetching = receiver.chat.fetchFile(n);
  fetching.catch(() => {});
  await receiver.untilFile('fetching');
  const paused = receiver.chat.pauseFile(n);
  await receiver.untilFile('paused');
  gate.open();
  await paused;
  await expect(fetching).rejects.toMatchObject({ code: 'ABORTED' });
  const file = await receiver.chat.openFile(n);
  await receiver.chat.resumeFile(n);
  await receiver.untilFile('fetched');
  expect(isSame(await file.read(MIB, MIB), BYTES.subarray(MIB, 2 * MIB))).toBe(true);
  await file.close();
});

test('a file that was paused because the disk was full is resumed', async () => {
  const disk = { isFull: true };
  const { sender, receiver } = await pair({ receiver: { ...NEVER, files: fillable(disk) } });
  await sender.chat.sendFile(BYTES, { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  await expect(receiver.chat.fetchFile(n)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await receiver.untilFile('paused');
  disk.isFull = false;
  await receiver.chat.resumeFile(n);
  await receiver.untilFile('fetched');
  expect(isSame(await receiver.content(n), BYTES)).toBe(true);
});

/** A file that one reader has open, and what fetches it. */
async function readFile() {
  const { sender, receiver } = await pair({ receiver: NEVER });
  await sender.chat.sendFile(BYTES, { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  const reader = await receiver.chat.openFile(n);
  const { session } = receiver.chat as LiveChat;
  return { receiver, n, reader, session, transfers: session.context.transfers };
}

test.each([
  ['asked for', (chat: Chat, n: number) => chat.fetchFile(n).then(() => chat.openFile(n))],
  ['opened again', (chat: Chat, n: number) => chat.openFile(n)],
])('the last reader closes just as the file is %s: that goes on', async (_, again) => {
  const { receiver, n, reader, transfers } = await readFile();
  const download = transfers.download.bind(transfers);
  transfers.download = async (...args) => {
    const job = await download(...args);
    await reader.close();
    return job;
  };
  const file = await again(receiver.chat, n);
  expect(isSame(await file.read(MIB, MIB), BYTES.subarray(MIB, 2 * MIB))).toBe(true);
  await file.close();
});

test('who asks before the last one has left finds the download going on', async () => {
  const { n, reader, session, transfers } = await readFile();
  const job = await transfers.download(session, n);
  await reader.close();
  const next = transfers.download(session, n);
  transfers.left(session, n, job);
  expect(await next).toBe(job);
  // Whatever was to end has ended by now.
  expect(await transfers.download(session, n)).toBe(job);
  await job.download.need(MIB, 1);
});

test('who is the last to leave ends it', async () => {
  const { n, reader, session, transfers } = await readFile();
  const job = await transfers.download(session, n);
  await reader.close();
  transfers.left(session, n, job);
  await expect(until(async () => (await transfers.download(session, n)) !== job || undefined, 'another')).resolves.toBe(
    true,
  );
  await expect(job.download.need(MIB, 1)).rejects.toMatchObject({ code: 'CLOSED' });
});
