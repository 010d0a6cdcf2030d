import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRelayDatabase } from '../../src/store/sqlite/schema.ts';
import { ask, createSqlite, openIn, temporaryFolder } from './folders.ts';
import { collect, HOUR, inBlocks, NOW, named, pieceOf, WEEK } from './samples.ts';

const opener = fileURLToPath(new URL('./opener.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What another process says when it opens `folder`: `opened`, or the error's code. */
async function openElsewhere(folder: string): Promise<string> {
  const child = spawn(process.execPath, ['--import', loader, opener, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  await once(child, 'close');
  return said;
}

/** Names, sizes and content of everything in a folder. */
function stateOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.map((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const content = entry.isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder';
    return `${file} ${statSync(file).mode} ${content}`;
  });
}

describe('opening a folder', () => {
  test('is for one store at a time, in this process and in others', async () => {
    const { store, folder } = await createSqlite();
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'LOCKED' });
    // The refused one must not have given up the lock.
    expect(await openElsewhere(folder)).toBe('LOCKED');
    expect(await store.openMailbox(named('a'), NOW + WEEK, NOW)).toBe('opened');
    await store.close();
    expect(await openElsewhere(folder)).toBe('opened');
  });

  test.each([
    ['a folder of something else', (folder: string) => writeFileSync(path.join(folder, 'thesis.doc'), 'text')],
    [
      'a file that is no database',
      (folder: string) => writeFileSync(path.join(folder, 'relay.sqlite'), 'x'.repeat(5000)),
    ],
    ['half a header', (folder: string) => writeFileSync(path.join(folder, 'relay.sqlite'), 'SQLite for')],
    [
      'a database of another program',
      (folder: string) => ask(path.join(folder, 'relay.sqlite'), 'CREATE TABLE recipe (name TEXT)'),
    ],
  ])('refuses %s, and leaves it as it is', async (_, make) => {
    const folder = temporaryFolder();
    await make(folder);
    chmodSync(folder, 0o755);
    const before = stateOf(folder);
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'FOREIGN' });
    expect(stateOf(folder)).toEqual(before);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  });

  test('refuses what a newer version wrote, and says so', async () => {
    const { store, folder } = await createSqlite();
    await store.close();
    await ask(path.join(folder, 'relay.sqlite'), 'PRAGMA user_version = 2');
    const before = stateOf(folder);
    await expect(openIn(folder)).rejects.toThrow(/newer version \(its schema is 2, this program knows 1\)/);
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'FOREIGN' });
    expect(stateOf(folder)).toEqual(before);
  });

  test('takes an empty folder and closes it to others', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    mkdirSync(path.join(folder, 'lost+found'));
    await openIn(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('asks for the disk with every commit, and for zeros with every deletion', () => {
    const database = openRelayDatabase(path.join(temporaryFolder(), 'relay.sqlite'));
    onTestFinished(() => database.close());
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    // `FULL` is 2: with less a kill loses nothing, but a power failure does, and no other test would tell.
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('fullfsync')]).toEqual(['wal', 2, 1]);
    expect([pragma('secure_delete'), pragma('locking_mode')]).toEqual([1, 'exclusive']);
  });

  test('sweeps what a crash left of pieces, and forgets pieces whose file is lost', async () => {
    const { store, folder } = await createSqlite();
    const [kept, lost, other] = [pieceOf('kept'), pieceOf('lost'), pieceOf('other', 65_536, NOW + 5 * HOUR)];
    for (const piece of [kept, lost, other]) {
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
    }
    await store.close();
    const hour = path.join(folder, 'pieces', String(kept.expiresAt / HOUR));
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    // Renamed but not recorded; half uploaded; in a folder that nothing else is in; and one that is gone.
    const stray = path.join(hour, hex(named('stray')));
    writeFileSync(stray, kept.bytes);
    utimesSync(stray, kept.expiresAt, kept.expiresAt);
    writeFileSync(path.join(folder, 'incoming', 'half'), 'half');
    mkdirSync(path.join(folder, 'pieces', '1'));
    writeFileSync(path.join(folder, 'pieces', '1', hex(named('old'))), 'old');
    rmSync(path.join(hour, hex(lost.piece)));
    const reopened = await openIn(folder);
    expect(readdirSync(path.join(folder, 'incoming'))).toEqual([]);
    expect(readdirSync(path.join(folder, 'pieces')).sort()).toEqual([String(NOW / HOUR + 1), String(NOW / HOUR + 5)]);
    expect(readdirSync(hour)).toEqual([hex(kept.piece)]);
    expect(await reopened.totals()).toMatchObject({ pieces: 2, pieceBytes: 131_072 });
    expect(await reopened.getPiece(lost.piece, NOW)).toBeUndefined();
    for (const piece of [kept, other]) {
      const found = await reopened.getPiece(piece.piece, NOW);
      expect(Buffer.compare(await collect(found?.read(0, piece.size) ?? []), piece.bytes)).toBe(0);
    }
    expect(await reopened.putPiece(lost, inBlocks(lost.bytes), NOW)).toBe('stored');
  });
});
