/** What becomes of a file on its way down: asked for, read before it is here, missing, damaged. */

import { PiecePlan, Secret } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import type { BlobStore, FileProgress } from '../../src/index.ts';
import { ClientError, memoryBlobs, memoryStore } from '../../src/index.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { fileKeyOf } from '../support/file-key.ts';
import { type FileMessage, isSame, pair, sample, type User, until } from './pair.ts';
import { Gate, held, WatchedPieces } from './watched-pieces.ts';

const MIB = 1_048_576;
const NEVER = { autoFetchBytes: -1 };

async function planOf({ chat }: User, { n, file }: FileMessage): Promise<PiecePlan> {
  return new PiecePlan(new Secret(await fileKeyOf(chat, n)), file.size);
}

/** Takes pieces from the relay, as expiry does. */
async function lose(receiver: User, message: FileMessage, indexes: readonly number[]): Promise<void> {
  const pieces = nodePieceTransport();
  const plan = await planOf(receiver, message);
  for (const index of indexes) {
    const { id, deleteToken } = plan.piece(index);
    await pieces.remove({ relay: message.file.relay, id, isChosen: true }, deleteToken);
  }
  pieces.close();
}

test('once it is fetched, the pieces leave the relay and the spool the sender', async () => {
  const pieces = new WatchedPieces();
  const files = memoryBlobs();
  const { sender, relay } = await pair({ sender: { pieces, files } });
  const { n } = await sender.chat.sendFile(sample(MIB), { name: 'a' });
  await sender.untilFile('fetched');
  await until(async () => (await held(relay.origins[0] as string, pieces.puts)).length === 0 || undefined, 'no piece');
  await until(async () => (await files.list()).length === 0 || undefined, 'no spool');
  await expect(sender.chat.openFile(n)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  expect(sender.told('file').map(({ fileState }) => fileState)).toEqual(['up', 'fetched']);
});

test('a sender who keeps files can open them', async () => {
  const { sender, receiver } = await pair({ sender: { keepsSentFiles: true } });
  await sender.chat.sendFile(sample(300_000), { name: 'a' });
  await receiver.untilFile('fetched');
  await sender.untilFile('fetched');
  expect(isSame(await sender.content(), sample(300_000))).toBe(true);
});

test('a file with a timer that is not here yet is not read by being shown, and its time does not run', async () => {
  const { sender, receiver } = await pair({ receiver: NEVER });
  await sender.chat.setTimer(60);
  await sender.chat.sendFile(sample(1000), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  await receiver.chat.markRead(n);
  expect(await receiver.file()).toMatchObject({ state: 'received' });
  expect(await receiver.file()).not.toHaveProperty('endsAt');
  await receiver.chat.fetchFile(n);
  await receiver.chat.markRead(n);
  expect(await receiver.file()).toMatchObject({ state: 'read', endsAt: expect.any(Number) });
});

test('no message shows the key of its file', async () => {
  const { sender, receiver } = await pair();
  const sent = await sender.chat.sendFile(sample(1000), { name: 'a' });
  expect(sent).toMatchObject({ file: { name: 'a', size: 1000 } });
  const told = (await receiver.untilFile('fetched')) && receiver.told('message');
  const key = await fileKeyOf(receiver.chat, 1);
  for (const message of [sent, await receiver.file(), ...told.map((event) => event.message)]) {
    expect(Object.values((message as FileMessage).file).some((value) => isBytes(value, key))).toBe(false);
    expect(message).not.toHaveProperty('file.key');
  }
});

test('a reader gets what it asks for, and fetches and reads little more', async () => {
  const pieces = new WatchedPieces();
  const reads: number[] = [];
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces, files: counting(reads) } });
  const bytes = sample(20 * MIB);
  await sender.chat.sendFile(bytes, { name: 'film.webm', mediaType: 'video/webm' });
  const { n } = await receiver.untilFile('remote');
  const file = await receiver.chat.openFile(n);
  expect(file).toMatchObject({ size: bytes.length, name: 'film.webm', mediaType: 'video/webm' });
  // The first piece and the last one.
  expect(pieces.gets).toHaveLength(2);
  reads.length = 0;
  expect(isSame(await file.read(7 * MIB + 5, 100), bytes.subarray(7 * MIB + 5, 7 * MIB + 105))).toBe(true);
  expect(pieces.gets).toHaveLength(3);
  expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(2 * 16_400);
  for (const [offset, length] of [
    [0, 1],
    [MIB - 10, 20],
    [bytes.length - 3, 3],
    [bytes.length, 0],
    [16_383, 2],
  ] as const) {
    expect(isSame(await file.read(offset, length), bytes.subarray(offset, offset + length))).toBe(true);
  }
  await expect(file.read(bytes.length, 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(file.read(-1, 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect((await receiver.file()).fileState).toBe('remote');
  await receiver.chat.fetchFile(n);
  expect(new Set(pieces.gets).size).toBe(pieces.gets.length);
  expect(isSame(await file.read(9 * MIB, MIB), bytes.subarray(9 * MIB, 10 * MIB))).toBe(true);
  await file.close();
  await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a program that is closed while it fetches goes on with what is missing', async () => {
  const pieces = new WatchedPieces();
  const gate = new Gate();
  pieces.before = (what) => (what === 'get' ? gate.pass() : undefined);
  const store = memoryStore();
  const files = memoryBlobs();
  const { sender, receiver } = await pair({ receiver: { store, files, pieces, autoFetchBytes: 2 ** 40 } });
  await sender.chat.sendFile(sample(20 * MIB), { name: 'a' });
  await receiver.untilFile('fetching');
  gate.open(9);
  await until(() => pieces.gets.length > 9 || undefined, 'some pieces');
  await until(() => gate.waiting === 4 || undefined, 'four that wait');
  const closing = receiver.device.close();
  gate.open();
  await closing;
  const next = new WatchedPieces();
  await receiver.open({ store: memoryStore(store.snapshot()), pieces: next, files });
  await receiver.untilFile('fetched');
  expect(next.gets.length).toBeLessThanOrEqual(21 + 4 - 9);
  expect(isSame(await receiver.content(), sample(20 * MIB))).toBe(true);
});

test('missing pieces: a clear state, and the sender puts them again', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ sender: { pieces }, receiver: NEVER });
  await sender.chat.sendFile(sample(6 * MIB), { name: 'a' });
  const message = await receiver.untilFile('remote');
  await sender.untilFile('up');
  await lose(receiver, message, [1, 2, 5]);
  const before = pieces.puts.length;
  await expect(receiver.chat.fetchFile(message.n)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  expect((await receiver.file()).fileState).toBe('missing');
  await until(() => pieces.puts.length === before + 3 || undefined, 'three pieces again');
  await sender.untilFile('up');
  await receiver.chat.fetchFile(message.n);
  expect(isSame(await receiver.content(), sample(6 * MIB))).toBe(true);
  await sender.untilFile('fetched');
  expect(receiver.told('file').map(({ fileState }) => fileState)).toEqual([
    'fetching',
    'missing',
    'fetching',
    'fetched',
  ]);
});

test('missing pieces that the sender does not have either stay missing', async () => {
  const files = memoryBlobs();
  const { sender, receiver } = await pair({ sender: { files }, receiver: NEVER });
  await sender.chat.sendFile(sample(MIB), { name: 'a' });
  const message = await receiver.untilFile('remote');
  await sender.untilFile('up');
  for (const name of await files.list()) {
    await files.remove(name);
  }
  await lose(receiver, message, [0]);
  await expect(receiver.chat.fetchFile(message.n)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  await expect(receiver.chat.openFile(message.n)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  expect((await receiver.file()).fileState).toBe('missing');
  await sender.untilFile('missing');
});

test('a piece that was changed on the way is fetched again', async () => {
  const pieces = new WatchedPieces();
  const spoilt = new Set<string>();
  pieces.received = (bytes, id) => {
    if (spoilt.size < 2 && !spoilt.has(id)) {
      spoilt.add(id);
      bytes[1000] = (bytes[1000] as number) ^ 1;
    }
    return bytes;
  };
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces } });
  await sender.chat.sendFile(sample(6 * MIB), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  await receiver.chat.fetchFile(n);
  expect(isSame(await receiver.content(), sample(6 * MIB))).toBe(true);
  expect(spoilt.size).toBe(2);
});

test.each([
  ['flipped', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 70 ? byte ^ 1 : byte))],
  ['of zeros', (bytes: Uint8Array) => new Uint8Array(bytes.length)],
  ['of another file', (bytes: Uint8Array) => sample(bytes.length, 99)],
])('a relay whose pieces are %s: damaged, and nothing is shown', async (_, change) => {
  const pieces = new WatchedPieces();
  pieces.received = change;
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces } });
  await sender.chat.sendFile(sample(MIB), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  await expect(receiver.chat.fetchFile(n)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  expect((await receiver.file()).fileState).toBe('damaged');
  await expect(receiver.content()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  pieces.received = (bytes) => bytes;
  // The reader's own try may still be under way, with what came before, and fail whoever joins it.
  await receiver.chat.fetchFile(n).catch(() => receiver.chat.fetchFile(n));
  expect(isSame(await receiver.content(), sample(MIB))).toBe(true);
});

test('swapped pieces do not authenticate, and truncated ones are none', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces } });
  await sender.chat.sendFile(sample(3 * MIB), { name: 'a' });
  const message = await receiver.untilFile('remote');
  const inner = nodePieceTransport();
  const plan = await planOf(receiver, message);
  const [first, second] = await Promise.all(
    [0, 1].map((i) => inner.get({ relay: message.file.relay, id: plan.piece(i).id, isChosen: true }, MIB)),
  );
  inner.close();
  const ids = [0, 1].map((i) => Buffer.from(plan.piece(i).id).toString('hex'));
  pieces.received = (bytes, id) =>
    new Uint8Array(id === ids[0] ? (second as Uint8Array) : id === ids[1] ? (first as Uint8Array) : bytes);
  await expect(receiver.chat.fetchFile(message.n)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  pieces.received = (bytes) => bytes.subarray(1);
  const retry = setInterval(() => receiver.device.retryNow(), 10);
  await expect(receiver.chat.fetchFile(message.n)).rejects.toMatchObject({ code: 'RELAY_MISBEHAVED' });
  clearInterval(retry);
});

test('fetching is paused by its signal, goes on, and can be dropped', async () => {
  const pieces = new WatchedPieces();
  const gate = new Gate();
  pieces.before = (what) => (what === 'get' ? gate.pass() : undefined);
  const files = memoryBlobs();
  const { sender, receiver } = await pair({ receiver: { ...NEVER, pieces, files } });
  await sender.chat.sendFile(sample(8 * MIB), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  const abort = new AbortController();
  const seen: FileProgress[] = [];
  const fetched = receiver.chat.fetchFile(n, { signal: abort.signal, onProgress: (progress) => seen.push(progress) });
  gate.open(3);
  await until(() => seen.length > 0 || undefined, 'progress');
  abort.abort();
  await expect(fetched).rejects.toMatchObject({ code: 'ABORTED' });
  gate.open();
  await receiver.untilFile('paused');
  await receiver.chat.cancelFile(n);
  expect((await receiver.file()).fileState).toBe('remote');
  await until(async () => (await files.list()).length === 0 || undefined, 'no blob');
  await receiver.chat.fetchFile(n);
  await expect(receiver.chat.cancelFile(n)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  expect(isSame(await receiver.content(), sample(8 * MIB))).toBe(true);
});

test('a full disk on either side: a clear error, nothing half-written, and it goes on when there is room', async () => {
  const sending = filling(MIB);
  const receiving = filling(MIB);
  const { sender, receiver } = await pair({
    sender: { files: sending.store },
    receiver: { ...NEVER, files: receiving.store },
  });
  const bytes = sample(4 * MIB);
  await expect(sender.chat.sendFile(bytes, { name: 'a' })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await sending.store.list()).toEqual([]);
  expect(await sender.fileCount()).toBe(0);
  sending.grow();
  await sender.chat.sendFile(bytes, { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  await expect(receiver.chat.fetchFile(n)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect((await receiver.file()).fileState).toBe('paused');
  receiving.grow();
  await receiver.chat.fetchFile(n);
  expect(isSame(await receiver.content(), bytes)).toBe(true);
});

test('what is forgotten leaves no blob, and no piece of its own', async () => {
  const pieces = new WatchedPieces();
  const [mine, theirs] = [memoryBlobs(), memoryBlobs()];
  const { sender, receiver, relay } = await pair({ sender: { pieces, files: mine }, receiver: { files: theirs } });
  const { n } = await sender.chat.sendFile(sample(3 * MIB), { name: 'a' });
  await receiver.untilFile('remote');
  await receiver.chat.openFile((await receiver.file()).n).then((file) => file.close());
  await sender.chat.deleteMessages(n);
  const origin = relay.origins[0] as string;
  const isEmpty = async () => {
    const left = [...(await held(origin, pieces.puts)), ...(await mine.list()), ...(await theirs.list())];
    return left.length === 0 || undefined;
  };
  await until(isEmpty, 'nothing after deleting');
  await sender.chat.sendFile(sample(3 * MIB), { name: 'b' });
  await receiver.untilFile('remote');
  await sender.chat.sendFile(sample(3), { name: 'c' });
  await receiver.untilFile('fetched', 2);
  await sender.chat.end();
  await until(isEmpty, 'nothing after the end');
});

test('blobs of nothing are swept at the start', async () => {
  const files = memoryBlobs();
  const store = memoryStore();
  const { sender, receiver } = await pair({ receiver: { files, store } });
  await sender.chat.sendFile(sample(10), { name: 'a' });
  await receiver.untilFile('fetched');
  await files.create('0'.repeat(32), 10);
  await receiver.device.close();
  await receiver.open({ store: memoryStore(store.snapshot()) });
  expect(await files.list()).toHaveLength(1);
  expect(isSame(await receiver.content(), sample(10))).toBe(true);
});

/** Writes down how much is read at once. */
function counting(reads: number[]): BlobStore {
  const inner = memoryBlobs();
  const watched = (blob: Awaited<ReturnType<BlobStore['create']>>) => ({
    ...blob,
    read: (offset: number, length: number) => {
      reads.push(length);
      return blob.read(offset, length);
    },
  });
  return {
    ...inner,
    create: async (name, size) => watched(await inner.create(name, size)),
    open: async (name) => {
      const blob = await inner.open(name);
      return blob && watched(blob);
    },
  };
}

/** A disk with room for so many bytes, until it grows. */
function filling(room: number): { readonly store: BlobStore; grow(): void } {
  const inner = memoryBlobs();
  let left = room;
  const limited = (blob: Awaited<ReturnType<BlobStore['create']>>) => ({
    ...blob,
    write: async (offset: number, bytes: Uint8Array) => {
      left -= bytes.length;
      if (left < 0) {
        throw new ClientError('STORE_FAILED', 'the disk is full');
      }
      await blob.write(offset, bytes);
    },
  });
  return {
    grow() {
      left = Number.POSITIVE_INFINITY;
    },
    store: {
      ...inner,
      create: async (name, size) => limited(await inner.create(name, size)),
      open: async (name) => {
        const blob = await inner.open(name);
        return blob && limited(blob);
      },
    },
  };
}

function isBytes(value: unknown, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && isSame(value, bytes);
}
