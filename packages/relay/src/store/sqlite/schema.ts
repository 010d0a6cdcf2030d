/**
 * The tables of the relay's database, and how the file is opened.
 *
 * Nothing here counts, and rows do not say in which order they came (docs/protocol/relay.md §8.2): row numbers of
 * envelopes are their hour of expiry with a shuffled rest (`row-numbers.ts`), those of mailboxes and cards are random,
 * pieces have none. Only within one mailbox or pool numbers keep the order; they start at random when it is empty.
 * Why it is laid out like this: docs/decisions/0005-relay-storage.md.
 *
 * @module
 */

import {
  openDatabase,
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_NOTADB,
  type SqliteDatabase,
  sqliteCode,
} from '@secret-chat/sqlite';
import { StoreError } from '../relay-store.ts';

/** "SCRS" in the header of the file: the relay store of secret-chat. */
const APPLICATION_ID = 0x53_43_52_53;
/** Raised with every change of the tables. */
const SCHEMA_VERSION = 1;

/** A small envelope then takes one page of overflow and an eighth of a leaf; measured against 8 and 16 KiB. */
export const PAGE_SIZE: number = 4096;
/** KiB of pages kept in memory. */
const CACHE_KIB = 64 * 1024;

const TABLES = `
  CREATE TABLE mailbox (
    name BLOB PRIMARY KEY,
    id INTEGER NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX mailbox_expiry ON mailbox (expires_at);

  CREATE TABLE envelope (
    id INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
  );
  CREATE INDEX envelope_directory ON envelope (mailbox, seq, expires_at, size, hash);

  CREATE TABLE card (
    id INTEGER PRIMARY KEY,
    invite_id BLOB NOT NULL UNIQUE,
    owner BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    idle_weeks INTEGER,
    body BLOB NOT NULL
  );
  CREATE INDEX card_expiry ON card (expires_at);

  CREATE TABLE prekey (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
  );
  CREATE INDEX prekey_count ON prekey (id);

  CREATE TABLE piece (
    name BLOB PRIMARY KEY,
    delete_hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX piece_expiry ON piece (expires_at, size);
`;

/**
 * Opens the database of a relay, and makes it when the file is empty. The lock is the operating system's, so it goes
 * with the process, however that ends.
 *
 * @throws {@link StoreError} `LOCKED` while another process has it open, `FOREIGN` when it is not this program's or newer
 */
export function openRelayDatabase(path: string): SqliteDatabase {
  const database = openDatabase(path);
  try {
    // Before the first read: the write-ahead log then needs no shared memory, and no other process gets in.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF');
    const isNew = checkHeader(database);
    database.exec(`PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    // macOS: a plain sync does not ask the disk itself.
    database.exec('PRAGMA fullfsync = ON');
    database.exec(`PRAGMA secure_delete = ON; PRAGMA cache_size = -${CACHE_KIB}`);
    // The engine does it itself, see PageScrubber.
    database.exec('PRAGMA wal_autocheckpoint = 0');
    // Takes the lock for good, even if there is nothing to make.
    database.exec('BEGIN IMMEDIATE');
    if (isNew) {
      database.exec(TABLES);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    }
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw described(error);
  }
}

/** A number that SQLite answers a pragma with. */
function pragma(database: SqliteDatabase, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** True for a file that holds nothing yet. */
function checkHeader(database: SqliteDatabase): boolean {
  const application = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count;
  if (application === 0 && version === 0 && tables === 0) {
    return true;
  }
  if (application !== APPLICATION_ID) {
    throw new StoreError('FOREIGN', 'the database in the data folder is not a relay’s');
  }
  if (version !== SCHEMA_VERSION) {
    throw new StoreError(
      'FOREIGN',
      `the data folder was written by ${version > SCHEMA_VERSION ? 'a newer' : 'another'} version (its schema is ${version}, this program knows ${SCHEMA_VERSION})`,
    );
  }
  return false;
}

function described(error: unknown): unknown {
  switch (sqliteCode(error)) {
    case SQLITE_BUSY:
      return new StoreError('LOCKED', 'another process has the data folder open');
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return new StoreError('FOREIGN', 'the database in the data folder is not a relay’s, or damaged');
    default:
      return error;
  }
}
