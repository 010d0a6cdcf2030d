import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { openDatabase } from '@secret-chat/sqlite';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { ask, copyOf, createSqlite, databaseIn, openIn, stateOf, temporaryFolder } from './folders.ts';
import { ask as askProgram, firstLine, kill, start } from './processes.ts';
import { bytesOf, contentOf, nameOf, recordOf } from './samples.ts';

const opener = new URL('./opener.ts', import.meta.url);

/** A folder with a store of some pages, closed. */
async function closedStore(): Promise<string> {
  const { store, folder } = await createSqlite();
  await store.batch({ put: Array.from({ length: 50 }, (_, i) => recordOf('a', i, 1000)) });
  await store.close();
  return folder;
}

/** What is left of a store whose process was killed, changed. */
async function killedStore(change: (folder: string) => void): Promise<string> {
  const { store, folder, clock } = await createSqlite();
  await store.batch({ put: Array.from({ length: 50 }, (_, i) => recordOf('a', i, 1000)) });
  await clock.advance(10_000);
  await store.batch({ put: [recordOf('b', 1)] });
  const copy = copyOf(folder);
  await store.close();
  change(copy);
  return copy;
}

function sizeOf(folder: string): number {
  return statSync(databaseIn(folder)).size;
}

describe('a store', () => {
  test('is open once at a time, in this process and in others', async () => {
    const { store, folder } = await createSqlite();
    await store.batch({ put: [recordOf('a', 1)] });
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    expect(await askProgram(opener, folder)).toBe('STORE_IN_USE');
    // Those that were refused must not have given up the lock.
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    expect(await askProgram(opener, folder)).toBe('STORE_IN_USE');
    await store.batch({ put: [recordOf('a', 2)] });
    await store.close();
    expect(await askProgram(opener, folder)).toBe('opened');
    expect(await contentOf(await openIn(folder))).toHaveLength(3);
  });

  test('is made by one of many who open it first', async () => {
    const folder = path.join(temporaryFolder(), 'deep', 'data');
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => openIn(folder)));
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'opened' : result.reason.code));
    expect(codes.sort()).toEqual([...Array(9).fill('STORE_IN_USE'), 'opened']);
    expect(readdirSync(folder).filter((name) => !name.startsWith('store.sqlite'))).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  test('can be opened again once its owner was killed, and has everything', async () => {
    const folder = path.join(temporaryFolder(), 'data');
    const owner = start(opener, folder, 'hold');
    expect(await firstLine(owner)).toBe('opened');
    await expect(openIn(folder)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await kill(owner);
    const store = await openIn(folder);
    expect(await store.get(nameOf('opener', owner.pid))).toBeDefined();
    // And what the owner left in its log is in the database already.
    expect(statSync(`${databaseIn(folder)}-wal`).size).toBe(0);
  });

  test('can be opened again and again at once, though nothing was collected in between', async () => {
    const { store, reopen } = await createSqlite();
    await store.batch({ put: [recordOf('a', 1)] });
    for (let i = 0; i < 20; i += 1) {
      expect(await contentOf(await reopen())).toHaveLength(1);
    }
  });

  test('is for its owner alone, in a folder that may hold other things', async () => {
    const folder = path.join(temporaryFolder(), 'deep', 'data');
    const store = await openIn(folder);
    await store.batch({ put: [recordOf('a', 1)] });
    for (const place of [path.dirname(folder), folder]) {
      expect((statSync(place).mode & 0o777).toString(8)).toBe('700');
    }
    const names = readdirSync(folder).sort();
    expect(names).toEqual(['store.sqlite', 'store.sqlite-wal']);
    for (const name of names) {
      expect((statSync(path.join(folder, name)).mode & 0o777).toString(8)).toBe('600');
    }
    await store.close();
    expect(readdirSync(folder)).toEqual(['store.sqlite']);
    writeFileSync(path.join(folder, 'notes.txt'), 'notes');
    chmodSync(folder, 0o755);
    chmodSync(databaseIn(folder), 0o644);
    await openIn(folder);
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('755');
    for (const name of names) {
      expect((statSync(path.join(folder, name)).mode & 0o777).toString(8)).toBe('600');
    }
  });

  test('loses the second name that a crash while it was made has left', async () => {
    const folder = await closedStore();
    linkSync(databaseIn(folder), `${databaseIn(folder)}.0123456789ab.new`);
    writeFileSync(`${databaseIn(folder)}.ba9876543210.new`, 'of another process, right now');
    const store = await openIn(folder);
    expect(readdirSync(folder).sort()).toEqual(['store.sqlite', 'store.sqlite-wal', 'store.sqlite.ba9876543210.new']);
    expect(await contentOf(store)).toHaveLength(50);
  });

  test('in a folder with quotes, spaces and other letters is opened like any other', async () => {
    const folder = path.join(temporaryFolder(), "it's; ünï 'quoted' file:x?mode=ro");
    const store = await openIn(folder);
    await store.batch({ put: [recordOf('a', 1)] });
    await store.close();
    expect(readdirSync(folder)).toEqual(['store.sqlite']);
    expect(await contentOf(await openIn(folder))).toHaveLength(1);
  });

  test('that is new and was killed before its first checkpoint is opened', async () => {
    const { store, folder } = await createSqlite();
    await store.batch({ put: [recordOf('a', 1)] });
    expect(await contentOf(await openIn(copyOf(folder)))).toHaveLength(1);
  });
});

describe('what cannot be opened is refused and left as it is:', () => {
  test.each<[string, string, () => Promise<string> | string]>([
    ['STORE_DAMAGED', 'text', () => folderWith('x'.repeat(5000))],
    ['STORE_DAMAGED', 'nothing', () => folderWith('')],
    ['STORE_DAMAGED', 'half a header', () => folderWith('SQLite for')],
    ['STORE_DAMAGED', 'zeros', () => folderWith(new Uint8Array(8192))],
    ['STORE_DAMAGED', 'a database of another program', () => foreign('CREATE TABLE recipe (name TEXT)')],
    [
      'STORE_DAMAGED',
      'a database with the right header and another table',
      () => foreign(`PRAGMA application_id = ${0x53_43_43_53}; PRAGMA user_version = 1; CREATE TABLE record (id)`),
    ],
    [
      'STORE_DAMAGED',
      'a database of another program with the same table',
      () => foreign('PRAGMA user_version = 1; CREATE TABLE record (name BLOB, value BLOB)'),
    ],
    [
      'STORE_DAMAGED',
      'a store with a strange version',
      async () => changed(await closedStore(), 'PRAGMA store.user_version = -1'),
    ],
    ['STORE_TOO_NEW', 'a newer store', async () => changed(await closedStore(), 'PRAGMA store.user_version = 2')],
    ['STORE_DAMAGED', 'a store without its last byte', async () => truncated(await closedStore(), (size) => size - 1)],
    [
      'STORE_DAMAGED',
      'a store without its last page',
      async () => truncated(await closedStore(), (size) => size - 4096),
    ],
    ['STORE_DAMAGED', 'one page of a store', async () => truncated(await closedStore(), () => 4096)],
    ['STORE_DAMAGED', 'fifty bytes of a store', async () => truncated(await closedStore(), () => 50)],
    ['STORE_DAMAGED', 'no byte of a store', async () => truncated(await closedStore(), () => 0)],
    [
      'STORE_TOO_NEW',
      'a newer store whose process was killed',
      () => killedStore((folder) => patch(databaseIn(folder), 63, 2)),
    ],
    [
      'STORE_DAMAGED',
      'a damaged store whose process was killed',
      () => killedStore((folder) => patch(databaseIn(folder), 0, 1)),
    ],
    ['STORE_DAMAGED', 'a log without its store', () => killedStore((folder) => rmSync(databaseIn(folder)))],
    ['STORE_FAILED', 'a folder in the place of the file', () => folderInPlace()],
    ['STORE_FAILED', 'a file in the place of the folder', () => path.join(folderWith('text'), 'store.sqlite')],
  ])('%s for %s', async (code, _, make) => {
    const folder = await make();
    const isFolder = statSync(folder).isDirectory();
    const state = () => (isFolder && code !== 'STORE_FAILED' ? stateOf(folder) : statSync(folder).mode);
    const before = state();
    for (let i = 0; i < 2; i += 1) {
      await expect(openSqliteStore(folder)).rejects.toMatchObject({ name: 'ClientError', code });
    }
    expect(state()).toEqual(before);
  });

  test('the message names the version, and no path', async () => {
    const folder = await changed(await closedStore(), 'PRAGMA store.user_version = 7');
    await expect(openIn(folder)).rejects.toThrow('its schema is 7, this program knows 1');
    await expect(openIn(folderInPlace())).rejects.not.toThrow('client-store');
  });

  test('a page that is damaged in the middle is found when it is read', async () => {
    const { store, folder } = await createSqlite();
    await store.batch({ put: Array.from({ length: 200 }, (_, i) => recordOf('a', i)) });
    await store.close();
    const bytes = readFileSync(databaseIn(folder));
    bytes.fill(0xff, 4096 * 3, 4096 * 5);
    writeFileSync(databaseIn(folder), bytes);
    const damaged = await openIn(folder);
    const results = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => damaged.get(nameOf('a', i))));
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'read' : result.reason.code));
    expect(new Set(codes)).toEqual(new Set(['read', 'STORE_DAMAGED']));
    await expect(contentOf(damaged)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    // A batch that meets it changes nothing, and is not in the way of one that does not.
    const [found, lost] = [codes.indexOf('read'), codes.indexOf('STORE_DAMAGED')];
    const both = damaged.batch({ delete: [nameOf('a', found), nameOf('a', lost)] });
    await expect(both).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect(await damaged.get(nameOf('a', found))).toEqual(recordOf('a', found).value);
    await damaged.batch({ put: [{ name: nameOf('a', found), value: bytesOf('new', 100) }] });
    expect(await damaged.get(nameOf('a', found))).toEqual(bytesOf('new', 100));
  });
});

function folderWith(content: string | Uint8Array): string {
  const folder = temporaryFolder();
  writeFileSync(databaseIn(folder), content);
  return folder;
}

function folderInPlace(): string {
  const folder = temporaryFolder();
  mkdirSync(databaseIn(folder));
  return folder;
}

function foreign(sql: string): string {
  const folder = temporaryFolder();
  const database = openDatabase(databaseIn(folder));
  database.exec(sql);
  database.close();
  return folder;
}

function changed(folder: string, sql: string): string {
  ask(folder, sql);
  return folder;
}

function truncated(folder: string, to: (size: number) => number): string {
  truncateSync(databaseIn(folder), to(sizeOf(folder)));
  return folder;
}

function patch(file: string, at: number, byte: number): void {
  const bytes = readFileSync(file);
  bytes[at] = byte;
  writeFileSync(file, bytes);
}
