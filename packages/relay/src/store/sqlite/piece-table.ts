/**
 * The table of pieces: what is known of each, and the budget for their bytes. The bytes themselves are files.
 *
 * @module
 */

import type { SqliteDatabase, SqliteRow, SqliteStatement } from '@secret-chat/sqlite';
import type { Hash, PieceItem, StoreLimits } from '../relay-store.ts';
import { TransactionTally } from './expiry-tally.ts';
import type { PiecePlace } from './operations.ts';

export class PieceTable {
  readonly #limits: StoreLimits;
  readonly #pieces = new TransactionTally();
  /** Of uploads under way; all under one expiry. */
  readonly #reserved = new TransactionTally();
  readonly #sql: Record<keyof typeof SQL, SqliteStatement>;

  constructor(database: SqliteDatabase, limits: StoreLimits) {
    this.#limits = limits;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, SqliteStatement>;
    for (const { expires_at, count, bytes } of this.#sql.tally.all()) {
      this.#pieces.add(Number(expires_at), Number(count), Number(bytes));
    }
    this.commit();
  }

  reserve(piece: Hash, size: number, now: number): 'reserved' | 'duplicate' | 'relay-full' {
    if (this.find(piece, now) !== undefined) {
      return 'duplicate';
    }
    const bytes = this.#limits.pieceBytes - this.#reserved.held.bytes;
    if (!this.#pieces.fits(size, now, { bytes })) {
      return 'relay-full';
    }
    this.#reserved.add(0, 1, size);
    return 'reserved';
  }

  release(size: number): void {
    this.#reserved.add(0, -1, -size);
  }

  store(
    { piece, deleteHash, size, expiresAt }: PieceItem,
    now: number,
  ): { outcome: 'stored' | 'duplicate'; replaced: PiecePlace | undefined } {
    const before = this.#find(piece);
    this.release(size);
    if (before !== undefined && before.expiresAt > now) {
      return { outcome: 'duplicate', replaced: undefined };
    }
    if (before !== undefined) {
      this.#remove(before);
    }
    this.#sql.insert.run(piece, deleteHash, size, expiresAt);
    this.#pieces.add(expiresAt, 1, size);
    return { outcome: 'stored', replaced: before };
  }

  find(piece: Hash, now: number): PiecePlace | undefined {
    const found = this.#find(piece);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  remove(piece: Hash, deleteHash: Hash): PiecePlace | 'wrong-token' | 'gone' {
    const row = this.#sql.find.get(piece);
    if (row === undefined) {
      return 'gone';
    }
    if (Buffer.compare(row.delete_hash as Uint8Array, deleteHash) !== 0) {
      return 'wrong-token';
    }
    this.#remove(placeOf(row));
    return placeOf(row);
  }

  expiries(): number[] {
    return [...this.#pieces.expiries()];
  }

  /** Of those that expire from `from` until before `to`. */
  list(from: number, to: number): PiecePlace[] {
    return this.#sql.list.all(from, to).map(placeOf);
  }

  forget(pieces: readonly Hash[]): void {
    for (const piece of pieces) {
      const found = this.#find(piece);
      if (found !== undefined) {
        this.#remove(found);
      }
    }
  }

  /** Removes at most `maxItems` of what expired. */
  purge(now: number, maxItems: number): PiecePlace[] {
    if (maxItems === 0 || this.#pieces.expired(now) === 0) {
      return [];
    }
    const expired = this.#sql.expired.all(now, maxItems).map(placeOf);
    for (const place of expired) {
      this.#remove(place);
    }
    return expired;
  }

  hasExpired(now: number): boolean {
    return this.#pieces.expired(now) > 0;
  }

  totals(): { pieces: number; pieceBytes: number } {
    const { count, bytes } = this.#pieces.held;
    return { pieces: count, pieceBytes: bytes };
  }

  commit(): void {
    this.#pieces.commit();
    this.#reserved.commit();
  }

  rollback(): void {
    this.#pieces.rollback();
    this.#reserved.rollback();
  }

  #find(piece: Hash): PiecePlace | undefined {
    const row = this.#sql.find.get(piece);
    return row && placeOf(row);
  }

  #remove({ piece, size, expiresAt }: PiecePlace): void {
    this.#sql.delete.run(piece);
    this.#pieces.add(expiresAt, -1, -size);
  }
}

const SQL = {
  tally:
    'SELECT expires_at, count(*) AS count, sum(size) AS bytes FROM piece INDEXED BY piece_expiry GROUP BY expires_at',
  find: 'SELECT name, delete_hash, size, expires_at FROM piece WHERE name = ?',
  insert: 'INSERT INTO piece (name, delete_hash, size, expires_at) VALUES (?, ?, ?, ?)',
  delete: 'DELETE FROM piece WHERE name = ?',
  list: 'SELECT name, size, expires_at FROM piece INDEXED BY piece_expiry WHERE expires_at >= ? AND expires_at < ?',
  expired:
    'SELECT name, size, expires_at FROM piece INDEXED BY piece_expiry WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
} as const;

function placeOf({ name, size, expires_at }: SqliteRow): PiecePlace {
  return { piece: name as Uint8Array, size: Number(size), expiresAt: Number(expires_at) };
}
