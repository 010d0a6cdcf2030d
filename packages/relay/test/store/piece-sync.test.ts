import { readdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { RelayStore } from '../../src/store/relay-store.ts';
import { createSqlite } from './folders.ts';
import { bytesOf, collect, HOUR, inBlocks, NOW, named, pieceOf } from './samples.ts';

type Kind = 'file' | 'folder';

/** From now until the test ends, or what it returns is called, `before` comes before each sync of a file or folder. */
async function beforeSyncs(before: (kind: Kind) => Promise<void>): Promise<() => void> {
  const handle = await open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const sync = prototype.sync;
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    await before((await this.stat()).isDirectory() ? 'folder' : 'file');
    return sync.call(this);
  });
  const restore = () => spy.mockRestore();
  onTestFinished(restore);
  return restore;
}

function put(store: RelayStore, piece: ReturnType<typeof pieceOf>, now: number = NOW) {
  return store.putPiece(piece, inBlocks(piece.bytes), now);
}

const filesIn = (folder: string) => readdirSync(folder, { recursive: true });

test.each<Kind>(['file', 'folder'])('a piece whose %s cannot be made durable is not stored', async (broken) => {
  const { store, folder } = await createSqlite({ pieceBytes: 65_536 });
  const restore = await beforeSyncs(async (kind) => {
    if (kind === broken) {
      throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    }
  });
  const piece = pieceOf('a');
  await expect(put(store, piece)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await store.getPiece(piece.piece, NOW)).toBeUndefined();
  expect(await store.totals()).toMatchObject({ pieces: 0, pieceBytes: 0 });
  // The folder of its hour goes too: what a failed sync left of it would count as durable.
  expect([filesIn(path.join(folder, 'incoming')), filesIn(path.join(folder, 'pieces'))]).toEqual([[], []]);
  restore();
  expect(await put(store, piece)).toBe('stored');
});

test.each<Kind>(['file', 'folder'])('a piece counts when content and name are durable, last the %s', async (last) => {
  const { store } = await createSqlite();
  await put(store, pieceOf('other'));
  const release = new Map<Kind, () => void>();
  let bothBegan = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    bothBegan = resolve;
  });
  await beforeSyncs((kind) => {
    const held = new Promise<void>((resolve) => release.set(kind, resolve));
    if (release.size === 2) {
      bothBegan();
    }
    return held;
  });
  const piece = pieceOf('a');
  const result = put(store, piece);
  await begun;
  release.get(last === 'file' ? 'folder' : 'file')?.();
  for (let i = 0; i < 50; i += 1) {
    expect(await store.getPiece(piece.piece, NOW)).toBeUndefined();
  }
  release.get(last)?.();
  expect(await result).toBe('stored');
  expect(await store.getPiece(piece.piece, NOW)).toBeDefined();
});

test('the row of an expired piece goes before another file takes its place', async () => {
  const { store } = await createSqlite();
  await put(store, pieceOf('a', 65_536, NOW + 10));
  const restore = await beforeSyncs(() => Promise.reject(new Error('i/o error')));
  const again = { ...pieceOf('a', 65_536, NOW + 30), bytes: bytesOf('new', 65_536) };
  await expect(put(store, again, NOW + 20)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await store.totals()).toMatchObject({ pieces: 0 });
  restore();
  expect(await put(store, again, NOW + 20)).toBe('stored');
  const found = await store.getPiece(again.piece, NOW + 20);
  expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), again.bytes)).toBe(0);
});

test.each([0, 1])('of two uploads of a piece the first to end counts, %i hours apart', async (hours) => {
  const { store, folder } = await createSqlite();
  const first = pieceOf('a');
  const second = { ...first, expiresAt: first.expiresAt + hours * HOUR, deleteHash: named('other') };
  let go = (): void => undefined;
  const firstIsStored = new Promise<void>((resolve) => {
    go = resolve;
  });
  async function* late() {
    yield new Uint8Array(65_535);
    await firstIsStored;
    yield new Uint8Array(1);
  }
  const other = store.putPiece(second, late(), NOW);
  expect(await put(store, first)).toBe('stored');
  go();
  expect(await other).toBe('duplicate');
  const found = await store.getPiece(first.piece, NOW);
  expect(found?.expiresAt).toBe(first.expiresAt);
  expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), first.bytes)).toBe(0);
  expect(await store.totals()).toMatchObject({ pieces: 1, pieceBytes: 65_536 });
  expect(filesIn(path.join(folder, 'incoming'))).toEqual([]);
  const name = Buffer.from(first.piece).toString('hex');
  expect(filesIn(path.join(folder, 'pieces')).filter((each) => String(each).endsWith(name))).toHaveLength(1);
});

test('the folder of an hour does not tell when a piece was put or removed', async () => {
  const { store, folder } = await createSqlite();
  const [kept, gone] = [pieceOf('kept'), pieceOf('gone')];
  const hour = path.join(folder, 'pieces', String(kept.expiresAt / HOUR));
  await Promise.all([put(store, kept), put(store, gone)]);
  expect(statSync(hour).mtime.getTime() / 1000).toBe(kept.expiresAt);
  await store.removePiece(gone.piece, gone.deleteHash);
  expect(statSync(hour).mtime.getTime() / 1000).toBe(kept.expiresAt);
});
