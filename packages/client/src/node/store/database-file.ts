/**
 * The file of a store's database: its format, how it is made, and how it is opened or refused.
 *
 * @module
 */

import { existsSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { openDatabase, type SqliteDatabase } from '@secret-chat/sqlite';
import { ClientError } from '../../errors.ts';
import { describedError, describedOpenError } from './sqlite-error.ts';

/** "SCCS" in the header of the file: the client store of secret-chat. */
const APPLICATION_ID = 0x53_43_43_53;
/** Raised with every change of the table. */
const SCHEMA_VERSION = 1;
/** A message writes 37 KiB of log; 53 KiB with pages of 8 KiB and 97 with 16, which make nothing else much faster. */
const PAGE_SIZE = 4096;
/** KiB of pages kept in memory. */
const CACHE_KIB = 8 * 1024;

/**
 * Without row numbers. They would make single reads faster and the file a quarter smaller, but tell in which order the
 * records of all chats were made, which docs/protocol/vault.md §10 does not grant a thief.
 */
const TABLE = 'CREATE TABLE store.record (name BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID';

/**
 * Makes an empty file an empty database, in the mode in which it is opened, so that opening it changes nothing. The
 * caller syncs it.
 */
export function fillDatabase(file: string): void {
  try {
    const database = attach(file, false);
    try {
      database.exec(`PRAGMA store.synchronous = OFF; PRAGMA store.page_size = ${PAGE_SIZE}`);
      database.exec(`PRAGMA store.journal_mode = WAL; BEGIN; ${TABLE}`);
      database.exec(`PRAGMA store.application_id = ${APPLICATION_ID}; PRAGMA store.user_version = ${SCHEMA_VERSION}`);
      database.exec('COMMIT');
    } finally {
      detach(database);
    }
  } catch (error) {
    throw describedError(error);
  }
}

/**
 * The file as the database `store` of a connection, to be given to {@link detach}. Nobody else can have it meanwhile;
 * the lock is the operating system's, so it goes with the process, however that ends.
 *
 * @throws `ClientError` `STORE_IN_USE`; `STORE_TOO_NEW` and `STORE_DAMAGED`, with the files left as they are;
 * `STORE_FAILED`
 */
export function attachStore(file: string): SqliteDatabase {
  try {
    peek(file);
    const hasLog = sizeOf(logOf(file)) > 0;
    const database = attach(file, false);
    try {
      requireHeader(database);
      // SQLite takes half a page for a whole one. With a log, pages may not be in the file yet.
      if (!hasLog && sizeOf(file) < pragma(database, 'page_count') * pragma(database, 'page_size')) {
        throw new ClientError('STORE_DAMAGED', 'store.sqlite is cut off');
      }
      database.exec('PRAGMA store.journal_mode = WAL; PRAGMA store.synchronous = FULL');
      database.exec(`PRAGMA store.secure_delete = ON; PRAGMA store.cache_size = -${CACHE_KIB}`);
      database.exec('PRAGMA wal_autocheckpoint = 0');
      // Takes the lock for good.
      database.exec('BEGIN IMMEDIATE; COMMIT');
      return database;
    } catch (error) {
      detach(database);
      throw error;
    }
  } catch (error) {
    throw describedOpenError(error);
  }
}

/** Lets go of the file. */
export function detach(database: SqliteDatabase): void {
  try {
    database.exec('DETACH store');
  } finally {
    database.close();
  }
}

/** A number that SQLite answers a pragma with. */
export function pragma(database: SqliteDatabase, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA store.${name}`).get() ?? {})[0]);
}

/** Where SQLite keeps the log of a database. */
export function logOf(file: string): string {
  return `${file}-wal`;
}

/**
 * Refuses what is to be left as it is before the file is opened for writing: that would move a log that a crash has
 * left into the database as soon as it is closed.
 */
function peek(file: string): void {
  if (!existsSync(logOf(file))) {
    return;
  }
  const sharedMemory = `${file}-shm`;
  const isShared = existsSync(sharedMemory);
  try {
    const database = attach(file, true);
    try {
      requireHeader(database);
    } finally {
      detach(database);
    }
  } catch (error) {
    // Where a file cannot be read like this, opening it says what is wrong.
    const described = describedOpenError(error);
    if (described.code !== 'STORE_FAILED') {
      throw described;
    }
  } finally {
    if (!isShared) {
      rmSync(sharedMemory, { force: true });
    }
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Attached, not opened: the driver of Node 20 keeps a closed connection, with its locks, for as long as statements of it
 * are not collected. Detaching lets go of the file at once.
 */
function attach(file: string, readOnly: boolean): SqliteDatabase {
  const database = openDatabase(':memory:', { readOnly });
  try {
    if (!readOnly) {
      // Before the first read: the log then needs no shared memory, and no other process gets in.
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
    }
    database.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF');
    database.exec(`ATTACH '${path.resolve(file).replaceAll("'", "''")}' AS store`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Reads the first page and the schema: SQLite finds out here if pages are missing. */
function requireHeader(database: SqliteDatabase): void {
  const application = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (application !== APPLICATION_ID || version < 1) {
    throw new ClientError('STORE_DAMAGED', 'store.sqlite is damaged, or not a store of this program');
  }
  if (version > SCHEMA_VERSION) {
    throw new ClientError(
      'STORE_TOO_NEW',
      `the store was written by a newer version (its schema is ${version}, this program knows ${SCHEMA_VERSION})`,
    );
  }
  database.prepare('SELECT name, value FROM store.record LIMIT 1').get();
}
