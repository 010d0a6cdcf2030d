/**
 * The records of a store, in its database.
 *
 * @module
 */

import { PageScrubber, type SqliteDatabase, type SqliteStatement } from '@secret-chat/sqlite';
import { ClientError } from '../../errors.ts';
import type { Change } from '../../store/arguments.ts';
import type { RangeQuery, StoredRecord } from '../../store/store.ts';
import { attachStore, detach, pragma } from './database-file.ts';
import { describedError } from './sqlite-error.ts';

/** For SQLite: as many as there are. */
const NO_LIMIT = -1;

const SQL = {
  get: 'SELECT value FROM store.record WHERE name = ?',
  range: 'SELECT name, value FROM store.record WHERE name BETWEEN ? AND ? ORDER BY name LIMIT ?',
  reverse: 'SELECT name, value FROM store.record WHERE name BETWEEN ? AND ? ORDER BY name DESC LIMIT ?',
  put: 'INSERT INTO store.record (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  delete: 'DELETE FROM store.record WHERE name = ?',
  deleteLast: 'DELETE FROM store.record WHERE name IN (SELECT name FROM store.record ORDER BY name DESC LIMIT ?)',
  moveLog: 'PRAGMA store.wal_checkpoint(FULL)',
  emptyLog: 'PRAGMA store.wal_checkpoint(TRUNCATE)',
} as const;

/** @throws `ClientError` `STORE_FAILED`, `STORE_DAMAGED` from each method */
export class RecordDatabase {
  readonly #database: SqliteDatabase;
  readonly #scrubber: PageScrubber;
  readonly #sql: Readonly<Record<keyof typeof SQL, SqliteStatement>>;

  /** @throws `ClientError` also `STORE_IN_USE` and `STORE_TOO_NEW` */
  constructor(file: string) {
    this.#database = attachStore(file);
    try {
      const prepared = Object.entries(SQL).map(([name, sql]) => [name, this.#database.prepare(sql)]);
      this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, SqliteStatement>;
      this.#scrubber = new PageScrubber(file, pragma(this.#database, 'page_size'));
    } catch (error) {
      detach(this.#database);
      throw describedError(error);
    }
  }

  get(name: Uint8Array): Uint8Array | undefined {
    return this.#try(() => this.#sql.get.get(name)?.value as Uint8Array | undefined);
  }

  range({ from, to, limit = NO_LIMIT, reverse = false }: RangeQuery): StoredRecord[] {
    const rows = this.#try(() => this.#sql[reverse ? 'reverse' : 'range'].all(from, to, limit));
    return rows.map(({ name, value }) => ({ name: name as Uint8Array, value: value as Uint8Array }));
  }

  /** Bytes in use in the log; 0 when the disk does not say, which whoever empties the log finds out. */
  get logSize(): number {
    try {
      return this.#scrubber.follow();
    } catch {
      return 0;
    }
  }

  /** In one transaction and in this order; durable once it returns. */
  write(changes: readonly Change[]): void {
    this.#try(() => {
      this.#database.exec('BEGIN');
      try {
        for (const { name, value } of changes) {
          if (value === undefined) {
            this.#sql.delete.run(name);
          } else {
            this.#sql.put.run(name, value);
          }
        }
        this.#database.exec('COMMIT');
      } catch (error) {
        this.#rollback();
        throw error;
      }
    });
  }

  /** Removes so many records at most, those with the last names. Returns how many. */
  removeLast(count: number): number {
    return this.#try(() => Number(this.#sql.deleteLast.run(count).changes));
  }

  /** Moves the log into the database, overwrites what that leaves behind, then empties the log. */
  emptyLog(): void {
    this.#try(() => {
      if (this.#scrubber.follow() > 0) {
        requireDone(this.#sql.moveLog);
        this.#scrubber.scrub();
      }
      requireDone(this.#sql.emptyLog);
    });
  }

  /** Empties the log and lets go of the file, even if it throws. */
  close(): void {
    try {
      this.emptyLog();
    } finally {
      detach(this.#database);
      this.#scrubber.close();
    }
  }

  #rollback(): void {
    this.#scrubber.rewind();
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has done so by itself.
    }
  }

  #try<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      throw describedError(error);
    }
  }
}

function requireDone(checkpoint: SqliteStatement): void {
  if (checkpoint.get()?.busy !== 0) {
    throw new ClientError('STORE_FAILED', 'the log of the store could not be emptied');
  }
}
