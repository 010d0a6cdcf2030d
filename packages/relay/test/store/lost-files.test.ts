import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createSqlite } from './folders.ts';
import { collect, HOUR, hex, inBlocks, NOW, pieceOf } from './samples.ts';

const fileOf = (folder: string, { piece, expiresAt }: ReturnType<typeof pieceOf>) =>
  path.join(folder, 'pieces', String(expiresAt / HOUR), hex(piece));

test.each([
  ['lost', (file: string) => rmSync(file)],
  ['cut short', (file: string) => truncateSync(file, 1000)],
])('a piece whose file is %s while the relay runs is put again, not taken for stored', async (_, damage) => {
  const { store, folder } = await createSqlite({ pieceBytes: 65_536 });
  const piece = pieceOf('a');
  const put = () => store.putPiece(piece, inBlocks(piece.bytes), NOW);
  expect(await put()).toBe('stored');
  damage(fileOf(folder, piece));
  expect(await store.getPiece(piece.piece, NOW)).toBeUndefined();
  expect(await put()).toBe('stored');
  expect(await put()).toBe('duplicate');
  const found = await store.getPiece(piece.piece, NOW);
  expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), piece.bytes)).toBe(0);
  expect(await store.totals()).toMatchObject({ pieces: 1, pieceBytes: 65_536 });
});

test('a file that cannot be removed does not keep the others that expired with it', async () => {
  const { store, folder } = await createSqlite();
  const pieces = Array.from({ length: 5 }, (_, i) => pieceOf(`${i}`));
  for (const piece of pieces) {
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
  }
  pieces.sort((a, b) => Buffer.compare(a.piece, b.piece));
  const [first, ...others] = pieces as [(typeof pieces)[number]];
  rmSync(fileOf(folder, first));
  mkdirSync(fileOf(folder, first));
  await expect(store.purge({ now: NOW + HOUR, maxItems: 100 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(others.filter((piece) => existsSync(fileOf(folder, piece)))).toEqual([]);
});

test('a disk that does not say whether a file is there costs no piece', async () => {
  const { store, folder } = await createSqlite();
  const piece = pieceOf('a');
  const put = () => store.putPiece(piece, inBlocks(piece.bytes), NOW);
  await put();
  // A folder that points to itself: asking for what is in it fails, and not because nothing is there.
  const hour = path.dirname(fileOf(folder, piece));
  renameSync(hour, `${hour}-away`);
  symlinkSync(hour, hour);
  await expect(store.getPiece(piece.piece, NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await expect(put()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  rmSync(hour);
  renameSync(`${hour}-away`, hour);
  expect(await put()).toBe('duplicate');
  expect(await store.getPiece(piece.piece, NOW)).toBeDefined();
});
