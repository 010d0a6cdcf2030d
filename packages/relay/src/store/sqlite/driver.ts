/**
 * SQLite as Node has it, or the same interface from a package where Node has none.
 *
 * `node:sqlite` is there from Node 22.13; for Node 20 `@photostructure/sqlite` brings the same API, prebuilt.
 *
 * @module
 */

import { createRequire } from 'node:module';
import process from 'node:process';

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

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

/** Result codes of SQLite, without their extension (sqlite.org/rescode.html). */
export const SQLITE_CORRUPT = 11;
export const SQLITE_BUSY = 5;
export const SQLITE_NOTADB = 26;

/** Opens a database file; nothing is read or locked yet. */
export function openDatabase(path: string): SqliteDatabase {
  const { DatabaseSync } = builtIn() ?? (createRequire(import.meta.url)('@photostructure/sqlite') as SqliteModule);
  return new DatabaseSync(path);
}

/** The primary result code of what a driver threw; `undefined` for an error that is not SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  // The lowest byte is the primary code.
  return typeof code === 'number' ? code & 0xff : undefined;
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
