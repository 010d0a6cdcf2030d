import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  openDatabase,
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_ERROR,
  SQLITE_FULL,
  SQLITE_NOTADB,
  sqliteCode,
} from '../src/index.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlite-driver-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'test.sqlite');
}

/** Attached, since a file is let go of at once when it is detached, with either driver. */
function attached(file: string, options: { readonly readOnly?: boolean } = {}) {
  const database = openDatabase(':memory:', options);
  onTestFinished(() => {
    database.exec('DETACH file');
    database.close();
  });
  database.exec(`ATTACH '${file}' AS file`);
  return database;
}

function codeOf(work: () => unknown): number | undefined {
  try {
    work();
  } catch (error) {
    return sqliteCode(error);
  }
  throw new Error('nothing was thrown');
}

describe('a database', () => {
  test('takes and gives bytes, text and numbers', () => {
    const database = attached(temporaryFile());
    database.exec('CREATE TABLE file.item (bytes BLOB, text TEXT, number INTEGER)');
    const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    const insert = database.prepare('INSERT INTO item VALUES (?, ?, ?)');
    expect(Number(insert.run(bytes, 'text', 2 ** 50).changes)).toBe(1);
    insert.run(new Uint8Array(0), '', -1);
    insert.run(null, null, null);
    const select = database.prepare('SELECT * FROM item');
    expect(select.all().map((row) => ({ ...row }))).toEqual([
      { bytes: new Uint8Array([1, 2, 3]), text: 'text', number: 2 ** 50 },
      { bytes: new Uint8Array(0), text: '', number: -1 },
      { bytes: null, text: null, number: null },
    ]);
    expect({ ...select.get() }).toEqual({ bytes: new Uint8Array([1, 2, 3]), text: 'text', number: 2 ** 50 });
    expect(database.prepare('SELECT 1 FROM item WHERE number = 7').get()).toBeUndefined();
  });

  test('that is read-only is not written to', () => {
    const file = temporaryFile();
    attached(file).exec('CREATE TABLE file.item (id INTEGER)');
    const database = attached(file, { readOnly: true });
    expect(database.prepare('SELECT count(*) AS count FROM item').get()?.count).toBe(0);
    expect(() => database.exec('INSERT INTO item VALUES (1)')).toThrow('readonly');
  });

  test('detached, lets go of its file though statements are left', () => {
    const file = temporaryFile();
    const statements = [1, 2, 3].map((i) => {
      const database = openDatabase(':memory:');
      database.exec(`PRAGMA locking_mode = EXCLUSIVE; ATTACH '${file}' AS file; PRAGMA file.journal_mode = WAL`);
      database.exec(`CREATE TABLE file.item${i} (id INTEGER)`);
      const statement = database.prepare(`SELECT * FROM item${i}`);
      statement.all();
      database.exec('DETACH file');
      database.close();
      return statement;
    });
    expect(statements).toHaveLength(3);
  });

  test('is loaded without a warning', () => {
    const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const driver = new URL('../src/driver.ts', import.meta.url).href;
    const program = `
      import { openDatabase } from '${driver}';
      openDatabase(':memory:').exec('CREATE TABLE item (id INTEGER)');
      process.emitWarning('another one');
    `;
    const args = ['--import', loader, '--input-type=module', '--eval', program];
    const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stderr.split('\n').filter((line) => line.includes('Warning'))).toEqual([
      expect.stringContaining('another one'),
    ]);
  });
});

describe('without SQLite in Node', () => {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const advice = `Node ${process.versions.node} has no SQLite: use Node 22.13 or newer, or install @photostructure/sqlite`;

  /** Opens a database with a copy of the driver that finds nothing but `substitute` beside it. */
  function openBeside(substitute: string | undefined) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlite-driver-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    copyFileSync(new URL('../src/driver.ts', import.meta.url), path.join(folder, 'driver.mts'));
    if (substitute !== undefined) {
      const home = path.join(folder, 'node_modules', '@photostructure', 'sqlite');
      mkdirSync(home, { recursive: true });
      writeFileSync(path.join(home, 'index.js'), substitute);
    }
    const program = `
      process.getBuiltinModule = () => undefined;
      const { openDatabase } = await import(process.argv[1]);
      try {
        openDatabase(':memory:');
        process.stdout.write('opened');
      } catch (error) {
        process.stdout.write([error.name, error.message, error.cause.message.split('\\n')[0]].join('|'));
      }
    `;
    const driver = pathToFileURL(path.join(folder, 'driver.mts')).href;
    const args = ['--import', loader, '--input-type=module', '--eval', program, driver];
    return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder }).stdout.split('|');
  }

  test('and without what stands in for it, says what to do', () => {
    const missing = expect.stringContaining("Cannot find module '@photostructure/sqlite'");
    expect(openBeside(undefined)).toEqual(['SqliteMissingError', advice, missing]);
  });

  test('says so too where that has no binary for the machine', () => {
    const broken = 'throw new Error("no native build was found");';
    expect(openBeside(broken)).toEqual(['SqliteMissingError', advice, 'no native build was found']);
  });

  test('uses what stands in for it', () => {
    expect(openBeside('exports.DatabaseSync = class {};')).toEqual(['opened']);
  });
});

describe('an error', () => {
  test('has the primary code of SQLite', () => {
    const file = temporaryFile();
    const database = attached(file);
    expect(codeOf(() => database.exec('nonsense'))).toBe(SQLITE_ERROR);
    expect(codeOf(() => database.prepare('SELECT * FROM missing'))).toBe(SQLITE_ERROR);
    database.exec('CREATE TABLE file.item (bytes BLOB); PRAGMA file.max_page_count = 3');
    const insert = database.prepare('INSERT INTO item VALUES (?)');
    expect(codeOf(() => insert.run(new Uint8Array(100_000)))).toBe(SQLITE_FULL);
    database.exec('BEGIN IMMEDIATE; INSERT INTO item VALUES (NULL)');
    expect(codeOf(() => attached(file).exec('BEGIN IMMEDIATE'))).toBe(SQLITE_BUSY);
    database.exec('COMMIT');
    const text = temporaryFile();
    writeFileSync(text, 'no database, but long enough to be one'.repeat(100));
    expect(codeOf(() => openDatabase(text).exec('SELECT * FROM sqlite_schema'))).toBe(SQLITE_NOTADB);
  });

  test('of a damaged database says so from every call', () => {
    const file = temporaryFile();
    const made = openDatabase(file);
    made.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO item VALUES (1, 'one')");
    made.close();
    // The page of the table.
    writeFileSync(file, readFileSync(file).fill(0xff, 4096));
    const database = attached(file);
    for (const sql of ['SELECT * FROM item', 'DELETE FROM item WHERE id = 1']) {
      const statement = database.prepare(sql);
      expect(codeOf(() => statement.all())).toBe(SQLITE_CORRUPT);
      expect(codeOf(() => statement.get())).toBe(SQLITE_CORRUPT);
      expect(codeOf(() => statement.run())).toBe(SQLITE_CORRUPT);
    }
  });

  test.each([undefined, null, new Error('other'), 'text', 7])('of something else has none: %s', (error) => {
    expect(sqliteCode(error)).toBeUndefined();
  });
});
