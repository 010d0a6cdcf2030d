/** Files of a machine: sent from paths, kept in a folder, saved without harm. */

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import type { BlobStore } from '../../src/index.ts';
import { memoryBlobs, savedName } from '../../src/index.ts';
import { numberedName, sentName } from '../../src/media/file-name.ts';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { fileSource } from '../../src/node/file-source.ts';
import { saveFile } from '../../src/node/save-file.ts';
import { isSame, pair, sample } from './pair.ts';
import { WatchedPieces } from './watched-pieces.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'secret-chat-media-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('what is no file, or is not there, is refused, and nothing waits for a pipe', async () => {
  const place = folder();
  execFileSync('mkfifo', [join(place, 'pipe')]);
  for (const path of [place, '/dev/null', '/dev/zero', join(place, 'pipe'), join(place, 'none'), '/proc/self/mem']) {
    const sent = fileSource(path).then(async (source) => {
      const { sender } = await pair();
      return sender.chat.sendFile(source, { name: source.name });
    });
    await expect(sent, path).rejects.toMatchObject({ code: expect.stringMatching(/FILE_(UNREADABLE|CHANGED)/) });
  }
  if (process.getuid?.() !== 0) {
    writeFileSync(join(place, 'closed'), 'a', { mode: 0 });
    await expect(fileSource(join(place, 'closed'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  }
});

test.each([
  ['grows', (path: string) => appendFileSync(path, 'x')],
  ['shrinks', (path: string) => truncateSync(path, 100)],
  ['is touched', (path: string) => utimesSync(path, new Date(1), new Date(1))],
  ['is written over', (path: string) => writeFileSync(path, sample(5_000_000, 2))],
])('a file that %s while it is sent', async (_, change) => {
  const files = memoryBlobs();
  const { sender } = await pair({ sender: { files } });
  const path = join(folder(), 'a');
  writeFileSync(path, sample(5_000_000));
  utimesSync(path, new Date(1000), new Date(1000));
  const source = await fileSource(path);
  const original = source.stream.bind(source);
  source.stream = async function* () {
    let isFirst = true;
    for await (const block of original() as AsyncIterable<Uint8Array>) {
      yield block;
      if (isFirst) {
        isFirst = false;
        change(path);
      }
    }
  };
  await expect(sender.chat.sendFile(source, { name: 'a' })).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  expect(await files.list()).toEqual([]);
  expect(await sender.fileCount()).toBe(0);
});

test('a file that vanishes while it is sent is sent', async () => {
  const { sender, receiver } = await pair({ receiver: { autoFetchBytes: 2 ** 40 } });
  const path = join(folder(), 'a name.bin');
  writeFileSync(path, sample(3_000_000));
  const source = await fileSource(path);
  rmSync(path);
  await sender.chat.sendFile(source, { name: source.name });
  expect((await receiver.untilFile('fetched')).file.name).toBe('a name.bin');
  expect(isSame(await receiver.content(), sample(3_000_000))).toBe(true);
});

test.each([
  ['memory', async () => memoryBlobs()],
  ['a folder', async () => openBlobFolder(join(folder(), 'blobs'))],
])('blobs in %s', async (_, open: () => Promise<BlobStore>) => {
  const store = await open();
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)] as const;
  const blob = await store.create(a, 100_000);
  await blob.write(50_000, sample(10));
  await blob.sync();
  expect(await blob.read(49_999, 12)).toEqual(new Uint8Array([0, ...sample(10), 0]));
  await blob.close();
  await (await store.create(b, 0)).close();
  expect([...(await store.list())].sort()).toEqual([a, b]);
  const again = await store.open(a);
  expect(again?.size).toBe(100_000);
  await store.remove(a);
  await store.remove(a);
  expect(await again?.read(50_000, 10)).toEqual(sample(10));
  await again?.close();
  expect(await store.open(a)).toBeUndefined();
  expect(await store.list()).toEqual([b]);
});

test('a folder of blobs is for its owner alone, and takes no other names', async () => {
  const place = join(folder(), 'blobs');
  const store = await openBlobFolder(place);
  await (await store.create('c'.repeat(32), 10)).close();
  expect(statSync(place).mode & 0o777).toBe(0o700);
  expect(statSync(join(place, 'c'.repeat(32))).mode & 0o777).toBe(0o600);
  await expect(store.create('../escape', 1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(store.create('c'.repeat(32), 10)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('saved: whole, for the owner alone, under a harmless name, over nothing', async () => {
  const { sender, receiver } = await pair({ receiver: { autoFetchBytes: -1 } });
  await sender.chat.sendFile(sample(200_000), { name: 'Ph\u202eoto\u0007.JPG' });
  const { n } = await receiver.untilFile('remote');
  const place = folder();
  const first = await saveFile(receiver.chat, n, place);
  expect(first).toBe(join(place, 'Photo.JPG'));
  expect(statSync(first).mode & 0o777).toBe(0o600);
  expect(isSame(new Uint8Array(readFileSync(first)), sample(200_000))).toBe(true);
  expect(await saveFile(receiver.chat, n, `${place}/`)).toBe(join(place, 'Photo (2).JPG'));
  const given = join(place, 'given');
  expect(await saveFile(receiver.chat, n, given)).toBe(given);
  await expect(saveFile(receiver.chat, n, given)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  await expect(saveFile(receiver.chat, n, join(place, 'none', 'x'))).rejects.toMatchObject({ code: 'FILE_NOT_SAVED' });
  await expect(saveFile(receiver.chat, n, join(place, 'none/'))).rejects.toMatchObject({ code: 'FILE_NOT_SAVED' });
  await expect(saveFile(receiver.chat, 999, place)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(readdirSync(place).sort()).toEqual(['Photo (2).JPG', 'Photo.JPG', 'given']);
});

test('what cannot be saved leaves nothing', async () => {
  const pieces = new WatchedPieces();
  pieces.received = (bytes) => bytes.fill(0);
  const { sender, receiver } = await pair({ receiver: { autoFetchBytes: -1, pieces } });
  await sender.chat.sendFile(sample(200_000), { name: 'a' });
  const { n } = await receiver.untilFile('remote');
  const place = folder();
  await expect(saveFile(receiver.chat, n, place)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  pieces.received = (bytes) => bytes;
  await receiver.chat.fetchFile(n);
  const signal = AbortSignal.abort();
  await expect(saveFile(receiver.chat, n, place, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  mkdirSync(join(place, 'a'));
  await expect(saveFile(receiver.chat, n, '/proc/nothing')).rejects.toMatchObject({ code: 'FILE_NOT_SAVED' });
  expect(readdirSync(place)).toEqual(['a']);
  expect(await saveFile(receiver.chat, n, place)).toBe(join(place, 'a (2)'));
});

test('names of files', () => {
  for (const [name, saved] of [
    ['a.txt', 'a.txt'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\system32\\evil.dll', 'evil.dll'],
    ['..', 'file'],
    ['', 'file'],
    ['///', 'file'],
    ['.bashrc', 'bashrc'],
    ['name. . .', 'name'],
    ['CON', '_CON'],
    ['nul.tar.gz', '_nul.tar.gz'],
    ['COM1.txt', '_COM1.txt'],
    ['com10.txt', 'com10.txt'],
    ['a\u0000b\nc\u001b[31m.txt', 'abc[31m.txt'],
    ['gpj.\u202etxt.exe', 'gpj.txt.exe'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['what<>:"|?*.txt', 'what_______.txt'],
    ['e\u0301', '\u00e9'],
    ['a/b:c', 'b_c'],
  ] as const) {
    expect(savedName(name), JSON.stringify(name)).toBe(saved);
  }
  const long = savedName(`${'\u{1f600}'.repeat(300)}.jpeg`);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200);
  expect(long.endsWith('\u{1f600}.jpeg')).toBe(true);
  expect(Buffer.byteLength(sentName('\u00e9'.repeat(300)))).toBeLessThanOrEqual(255);
  expect(sentName('/home/anna/holiday.png')).toBe('holiday.png');
  expect(numberedName('a.tar.gz', 2)).toBe('a.tar (2).gz');
  expect(numberedName('.hidden', 3)).toBe('.hidden (3)');
});
