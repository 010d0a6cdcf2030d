/** What becomes of a file on its way up: paused, cancelled, interrupted, and gone on with. */

import { PiecePlan, Secret } from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { memoryBlobs, memoryStore } from '../../src/index.ts';
import { fileKeyOf } from '../support/file-key.ts';
import { isSame, pair, sample, until } from './pair.ts';
import { Recorder } from './recorder.ts';
import { Gate, held, WatchedPieces } from './watched-pieces.ts';

const MIB = 1_048_576;

function gated() {
  const pieces = new WatchedPieces();
  const gate = new Gate();
  pieces.before = (what) => (what === 'put' ? gate.pass() : undefined);
  return { pieces, gate };
}

test('four pieces in flight, in random order, each once, with expiries that differ', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ sender: { pieces } });
  await sender.chat.sendFile(sample(24 * MIB), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  expect(pieces.mostInFlight).toBe(4);
  expect(new Set(pieces.puts).size).toBe(pieces.puts.length);
  expect(new Set(pieces.ttlHours).size).toBeGreaterThan(3);
  expect(Math.min(...pieces.ttlHours)).toBeGreaterThanOrEqual(168);
  expect(Math.max(...pieces.ttlHours)).toBeLessThanOrEqual(192);
  await receiver.chat.fetchFile(n);
  expect(isSame(await receiver.content(), sample(24 * MIB))).toBe(true);
});

test('a paused file stays where it is until it is resumed', async () => {
  const { pieces, gate } = gated();
  const { sender, receiver } = await pair({ sender: { pieces } });
  const { n } = await sender.chat.sendFile(sample(10 * MIB), { name: 'a' });
  gate.open(2);
  await until(() => pieces.stored.length === 2 || undefined, 'two pieces');
  const paused = sender.chat.pauseFile(n);
  gate.open();
  await paused;
  const before = pieces.puts.length;
  expect((await sender.file()).fileState).toBe('paused');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(pieces.puts.length).toBe(before);
  expect(await receiver.fileCount()).toBe(0);
  await sender.chat.resumeFile(n);
  await receiver.untilFile('remote');
  expect(new Set(pieces.puts).size).toBe(pieces.puts.length);
  expect(sender.told('file').map(({ fileState }) => fileState)).toEqual(['paused', 'uploading', 'up']);
});

test('a cancelled file leaves nothing: no entry, no blob, no piece', async () => {
  const { pieces, gate } = gated();
  const files = memoryBlobs();
  const { sender, receiver, relay } = await pair({ sender: { pieces, files } });
  const { n } = await sender.chat.sendFile(sample(10 * MIB), { name: 'a' });
  gate.open(5);
  await until(() => pieces.stored.length === 5 || undefined, 'some pieces');
  const origin = relay.origins[0] as string;
  expect(await held(origin, pieces.puts)).toHaveLength(5);
  const cancelled = sender.chat.cancelFile(n);
  gate.open();
  await cancelled;
  await until(async () => (await held(origin, pieces.puts)).length === 0 || undefined, 'an empty relay');
  expect(await sender.chat.message(n)).toBeUndefined();
  expect(await files.list()).toEqual([]);
  expect(sender.told('destroyed')).toMatchObject([{ n, why: 'deleted' }]);
  await sender.chat.sendText('after');
  await until(async () => (await receiver.chat.messages()).some((m) => m.kind === 'text') || undefined, 'the text');
  expect(await receiver.fileCount()).toBe(0);
});

test('cancelled while the relay is away, the pieces go at the next start', async () => {
  const { pieces, gate } = gated();
  const store = memoryStore();
  const files = memoryBlobs();
  const { sender, relay } = await pair({ sender: { pieces, files, store } });
  const { n } = await sender.chat.sendFile(sample(10 * MIB), { name: 'a' });
  gate.open(5);
  await until(() => pieces.stored.length === 5 || undefined, 'some pieces');
  pieces.before = () => {
    throw new Error('no line');
  };
  const cancelled = sender.chat.cancelFile(n);
  gate.open();
  await cancelled;
  await sender.device.close();
  const origin = relay.origins[0] as string;
  expect((await held(origin, pieces.puts)).length).toBeGreaterThanOrEqual(5);
  await sender.open({ store: memoryStore(store.snapshot()), pieces: new WatchedPieces() });
  await until(async () => (await held(origin, pieces.puts)).length === 0 || undefined, 'an empty relay');
});

test('a closed program goes on with what is missing, and puts nothing twice', async () => {
  const { pieces, gate } = gated();
  const store = memoryStore();
  const files = memoryBlobs();
  const recorder = new Recorder();
  const { sender, receiver } = await pair({ sender: { pieces, files, store, aes: recorder } });
  await sender.chat.sendFile(sample(20 * MIB), { name: 'a' });
  gate.open(9);
  await until(() => pieces.stored.length === 9 || undefined, 'some pieces');
  const closing = sender.device.close();
  gate.open();
  await closing;
  const first = new Set(pieces.stored);
  const next = new WatchedPieces();
  await sender.open({ store: memoryStore(store.snapshot()), pieces: next });
  await receiver.untilFile('remote');
  expect(next.puts.filter((id) => first.has(id)).length).toBeLessThanOrEqual(4);
  expect(recorder.conflicts).toEqual([]);
  await receiver.chat.fetchFile((await receiver.file()).n);
  expect(isSame(await receiver.content(), sample(20 * MIB))).toBe(true);
});

test('a relay that cannot be reached, refuses and comes back gets every piece in the end', async () => {
  const pieces = new WatchedPieces();
  let failures = 0;
  pieces.before = (what) => {
    if (what === 'put' && failures < 6) {
      failures += 1;
      throw new Error('no line');
    }
  };
  const { sender, receiver } = await pair({ sender: { pieces } });
  await sender.chat.sendFile(sample(3 * MIB), { name: 'a' });
  const retry = setInterval(() => sender.device.retryNow(), 20);
  await receiver.untilFile('remote').finally(() => clearInterval(retry));
  expect(failures).toBe(6);
});

test('no key and nonce meet two plaintexts, while sources change between interrupted runs', async () => {
  const aes = new Recorder();
  const files = memoryBlobs();
  const pieces = new WatchedPieces();
  const { sender, receiver, relay } = await pair({ sender: { aes, files, pieces } });
  for (let run = 0; run < 6; run += 1) {
    const bytes = sample(3 * MIB, 1 + run);
    async function* breaking() {
      for (let offset = 0; offset < bytes.length; offset += 100_000) {
        if (offset > 500_000 * run && run < 5) {
          throw new Error('the camera was unplugged');
        }
        yield bytes.subarray(offset, offset + 100_000);
      }
    }
    const sent = sender.chat.sendFile(breaking(), { name: 'a', size: bytes.length });
    if (run < 5) {
      await expect(sent).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    } else {
      await sent;
    }
  }
  await receiver.untilFile('remote');
  const { n, file } = await receiver.file();
  const { count } = new PiecePlan(new Secret(await fileKeyOf(receiver.chat, n)), file.size);
  const origin = relay.origins[0] as string;
  await until(async () => (await held(origin, pieces.puts)).length === count || undefined, 'one file');
  expect(aes.pairs).toBe(aes.seals);
  expect(aes.conflicts).toEqual([]);
  expect(await files.list()).toHaveLength(1);
});

test('sources that lie about their size, fail, or are no sources leave nothing', async () => {
  const files = memoryBlobs();
  const { sender } = await pair({ sender: { files } });
  const bytes = sample(100_000);
  const of = (size: number) => ({ size, stream: () => new Blob([bytes as BlobPart]).stream() });
  for (const [source, code] of [
    [of(99_999), 'FILE_CHANGED'],
    [of(100_001), 'FILE_CHANGED'],
    [of(0), 'FILE_CHANGED'],
    [of(-1), 'INVALID_ARGUMENT'],
    [of(1.5), 'INVALID_ARGUMENT'],
    [of(2 ** 36 + 1), 'FILE_TOO_LARGE'],
    [{}, 'INVALID_ARGUMENT'],
  ] as const) {
    await expect(sender.chat.sendFile(source as never, { name: 'a' })).rejects.toMatchObject({ code });
  }
  async function* endless() {
    for (;;) {
      yield new Uint8Array(MIB);
    }
  }
  await expect(sender.chat.sendFile(endless(), { name: 'a' })).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  for (const options of [
    { name: 'a', mediaType: 'no type' },
    { name: 'a', width: 70_000 },
    { name: 'a', preview: new Uint8Array(65) },
    { name: 7 },
  ]) {
    await expect(sender.chat.sendFile(bytes, options as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  }
  await expect(sender.chat.sendFile(bytes, { name: 'a', caption: 'x'.repeat(20_000) })).rejects.toMatchObject({
    code: 'TOO_LONG',
  });
  await expect(sender.chat.sendFile(bytes, { name: 'a', replyTo: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(sender.chat.sendFile(bytes, { name: 'a', signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  expect(await files.list()).toEqual([]);
  expect(await sender.fileCount()).toBe(0);
});

test('a call that is aborted while it spools leaves nothing, on the relay neither', async () => {
  const files = memoryBlobs();
  const pieces = new WatchedPieces();
  const { sender, relay } = await pair({ sender: { files, pieces } });
  const abort = new AbortController();
  async function* slow() {
    for (let i = 0; i < 10; i += 1) {
      yield sample(MIB, i + 1);
      if (i === 5) {
        await until(() => pieces.stored.length >= 3 || undefined, 'pieces that overlap with the spooling');
        abort.abort();
      }
    }
  }
  const sent = sender.chat.sendFile(slow(), { name: 'a', size: 10 * MIB, signal: abort.signal });
  await expect(sent).rejects.toMatchObject({ code: 'ABORTED' });
  await until(
    async () => (await held(relay.origins[0] as string, pieces.puts)).length === 0 || undefined,
    'an empty relay',
  );
  expect(await files.list()).toEqual([]);
});

test('an aborted wait for the size of a stream, and a Blob', async () => {
  const { sender, receiver } = await pair();
  await sender.chat.sendFile(new Blob([sample(70_000) as BlobPart]), { name: 'C:\\secret\\folder\\photo.webp' });
  const { file } = await receiver.untilFile('fetched');
  expect(file.name).toBe('photo.webp');
  async function* parts() {
    yield sample(10);
    yield sample(20);
  }
  await sender.chat.sendFile(parts(), { name: '/etc/passwd' });
  expect((await receiver.untilFile('fetched', 2)).file).toMatchObject({ name: 'passwd', size: 30 });
});
