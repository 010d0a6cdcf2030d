/**
 * SQLite as Node has it, or the same interface from a package where Node has none.
 *
 * `node:sqlite` is there from Node 22.13; for Node 20 `@photostructure/sqlite` brings the same API, prebuilt.
 *
 * @module
 */

import { createRequire } from 'node:module';
import process from 'node:process';

const SUBSTITUTE = '@photostructure/sqlite';

/** Result codes of SQLite, without their extension (sqlite.org/rescode.html). */
export const SQLITE_ERROR = 1;
export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_FULL = 13;
export const SQLITE_NOTADB = 26;

/** `all` of `@photostructure/sqlite` 1 leaves out the code; it reads only, so that little else can go wrong. */
const CODES_OF_MESSAGES: ReadonlyMap<unknown, number> = new Map([['database disk image is malformed', SQLITE_CORRUPT]]);

type SqliteValue = number | string | Uint8Array | null;
export type SqliteRow = Record<string, SqliteValue>;

export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
  get(...values: SqliteValue[]): SqliteRow | undefined;
  all(...values: SqliteValue[]): SqliteRow[];
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export interface SqliteOptions {
  /** Nothing is written to the database or its log, not even when it is closed; its `-shm` file may be made. */
  readonly readOnly?: boolean;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: SqliteOptions) => SqliteDatabase;
}

/** This Node has no SQLite, and the package that stands in for it was not installed or has no binary for this machine. */
export class SqliteMissingError extends Error {
  override readonly name = 'SqliteMissingError';
}

/**
 * Opens a database file; nothing is read or locked yet.
 *
 * @throws {@link SqliteMissingError}
 */
export function openDatabase(path: string, options: SqliteOptions = {}): SqliteDatabase {
  const { DatabaseSync } = builtIn() ?? substitute();
  return new DatabaseSync(path, options);
}

/** The primary result code of what a driver threw; `undefined` for an error that is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode, message } = (error ?? {}) as { readonly errcode?: unknown; readonly message?: unknown };
  // The lowest byte is the primary code.
  return typeof errcode === 'number' ? errcode & 0xff : CODES_OF_MESSAGES.get(message);
}

/** An optional dependency: newer Nodes do without it, and so do machines for which it has no binary. */
function substitute(): SqliteModule {
  try {
    return createRequire(import.meta.url)(SUBSTITUTE) as SqliteModule;
  } catch (cause) {
    const message = `Node ${process.versions.node} has no SQLite: use Node 22.13 or newer, or install ${SUBSTITUTE}`;
    throw new SqliteMissingError(message, { cause });
  }
}

/** Loading `node:sqlite` warns that it is experimental; that warning alone is kept from stderr. */
function builtIn(): SqliteModule | undefined {
  const warn = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite')) {
      (warn as (...all: unknown[]) => void).call(process, warning, ...rest);
    }
  }) as typeof warn;
  try {
    return process.getBuiltinModule?.('node:sqlite') as SqliteModule | undefined;
  } finally {
    process.emitWarning = warn;
  }
}
