import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, PageScrubber } from '../src/index.ts';

const PAGE_SIZE = 4096;
const COUNT = 1500;
/** Most are deleted, but no page is free of others. */
const DELETED: readonly number[] = Array.from({ length: COUNT }, (_, i) => i).filter((i) => i % 4 !== 0);

/** What a value is full of. */
function markOf(i: number): string {
  return `value ${i};`;
}

function bodyOf(i: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(60 + ((i * 37) % 900), markOf(i)));
}

/** In no order: pages are split and merged in the middle. */
function nameOf(i: number): Uint8Array {
  const name = new Uint8Array(24);
  new DataView(name.buffer).setUint32(0, Math.imul(i, 0x9e37_79b1) >>> 0);
  return name;
}

function open() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'page-scrubber-'));
  const file = path.join(folder, 'test.sqlite');
  const database = openDatabase(file);
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL`);
  database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON');
  // So that pages go to the log before a transaction ends.
  database.exec('PRAGMA cache_size = 1; PRAGMA cache_spill = 1');
  database.exec('CREATE TABLE record (name BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID');
  const put = database.prepare('INSERT INTO record VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM record WHERE name = ?');
  const scrubber = new PageScrubber(file, PAGE_SIZE);
  onTestFinished(() => scrubber.close());
  const transaction = (work: () => void, end = 'COMMIT') => {
    database.exec('BEGIN');
    work();
    database.exec(end);
  };
  return {
    database,
    scrubber,
    transaction,
    put: (i: number) => void put.run(nameOf(i), bodyOf(i)),
    remove: (i: number) => void remove.run(nameOf(i)),
    emptyLog(scrub: boolean): number {
      const used = scrubber.follow();
      database.prepare('PRAGMA wal_checkpoint(FULL)').get();
      if (scrub) {
        scrubber.scrub();
      }
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      return used;
    },
    /** How many of the values that were deleted are in the files. */
    traces(): number {
      const raw = Buffer.concat([readFileSync(file), readFileSync(`${file}-wal`)]).toString('latin1');
      return DELETED.filter((i) => raw.includes(markOf(i))).length;
    },
  };
}

test.each([false, true])('values that were deleted are found without it, and not with it: %s', (scrub) => {
  const { database, transaction, put, remove, emptyLog, traces } = open();
  for (let i = 0; i < COUNT; i += 1) {
    transaction(() => put(i));
  }
  expect(emptyLog(scrub)).toBeGreaterThan(PAGE_SIZE);
  expect(traces()).toBe(DELETED.length);
  for (const i of DELETED) {
    transaction(() => remove(i));
  }
  emptyLog(scrub);
  expect(traces() > 0).toBe(!scrub);
  expect(database.prepare('PRAGMA integrity_check').get()?.integrity_check).toBe('ok');
  expect(emptyLog(scrub)).toBe(0);
});

test('pages whose place in the log was first taken by a transaction that failed are not forgotten', () => {
  const { scrubber, transaction, put, remove, emptyLog, traces } = open();
  const fail = () => {
    transaction(() => {
      for (let i = COUNT; i < COUNT + 50; i += 1) {
        put(i);
      }
    }, 'ROLLBACK');
    scrubber.follow();
  };
  for (let i = 0; i < COUNT; i += 1) {
    if (i % 20 === 0) {
      fail();
    }
    transaction(() => put(i));
  }
  emptyLog(true);
  for (const i of DELETED) {
    if (i % 20 === 1) {
      fail();
    }
    transaction(() => remove(i));
  }
  emptyLog(true);
  expect(traces()).toBe(0);
});

test('after a rewind the whole log is read again', () => {
  const { scrubber, transaction, put, remove, emptyLog, traces } = open();
  for (let i = 0; i < COUNT; i += 1) {
    transaction(() => put(i));
  }
  for (const i of DELETED) {
    transaction(() => remove(i));
  }
  const used = scrubber.follow();
  // Forgets the pages.
  scrubber.scrub();
  scrubber.rewind();
  expect(emptyLog(true)).toBe(used);
  expect(traces()).toBe(0);
});
