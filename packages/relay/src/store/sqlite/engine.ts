/**
 * The database with all operations, in the thread of the store: runs groups of calls, each in one transaction.
 *
 * @module
 */

import { PageScrubber, type SqliteDatabase } from '@secret-chat/sqlite';
import { StoreError, type StoreLimits } from '../relay-store.ts';
import { CardTable } from './card-table.ts';
import { MailboxTable } from './mailbox-table.ts';
import type { Answer, Call, Failure, Operations } from './operations.ts';
import { PieceTable } from './piece-table.ts';
import { openRelayDatabase, PAGE_SIZE } from './schema.ts';

/**
 * When the log is moved to the database. The longer it may get, the fewer pages are written twice, but the longer
 * everybody waits: so short while groups are small, and long under a load that only throughput helps.
 */
const SMALL_GROUP_BYTES = 128 * 1024;
const SHORT_LOG_BYTES = 4 * 1024 * 1024;
const LONG_LOG_BYTES = 64 * 1024 * 1024;

/** `FULL` leaves the log's file as long as it is, to be written over: that is faster, but keeps its bytes. */
type Checkpoint = 'FULL' | 'TRUNCATE';

export class Engine {
  readonly #database: SqliteDatabase;
  readonly #scrubber: PageScrubber;
  readonly #tables: readonly [MailboxTable, CardTable, PieceTable];
  readonly #operations: Operations;

  /** @throws {@link StoreError} `LOCKED` or `FOREIGN` */
  constructor(path: string, limits: StoreLimits) {
    this.#database = openRelayDatabase(path);
    this.#scrubber = new PageScrubber(path, PAGE_SIZE);
    // Whatever a crash left in the log.
    this.#checkpoint('TRUNCATE');
    const mailboxes = new MailboxTable(this.#database, limits);
    const cards = new CardTable(this.#database, limits);
    const pieces = new PieceTable(this.#database, limits);
    this.#tables = [mailboxes, cards, pieces];
    this.#operations = {
      openMailbox: (mailbox, expiresAt, now) => mailboxes.open(mailbox, expiresAt, now),
      mailboxExpiry: (mailbox, now) => mailboxes.expiry(mailbox, now),
      append: (items, now) => items.map((item) => mailboxes.append(item, now)),
      read: (mailbox, limit, exclude, now) => mailboxes.read(mailbox, limit, exclude, now),
      ack: (mailbox, hashes) => mailboxes.ack(mailbox, hashes),
      removeMailbox: (mailbox) => mailboxes.remove(mailbox),
      exportMailbox: (mailbox, after, limit, now) => mailboxes.export(mailbox, after, limit, now),
      putCard: (item, now) => cards.put(item, now),
      addPrekeys: (inviteId, owner, prekeys, now) => cards.add(inviteId, owner, prekeys, now),
      getCard: (inviteId, now) => cards.get(inviteId, now),
      takePrekey: (inviteId, now) => cards.take(inviteId, now),
      removeCard: (inviteId, owner) => cards.remove(inviteId, owner),
      exportCard: (inviteId, owner, after, limit, now) => cards.export(inviteId, owner, after, limit, now),
      reservePiece: (piece, size, now) => pieces.reserve(piece, size, now),
      releasePiece: (size) => pieces.release(size),
      storePiece: (item, now) => pieces.store(item, now),
      findPiece: (piece, now) => pieces.find(piece, now),
      removePiece: (piece, deleteHash) => pieces.remove(piece, deleteHash),
      pieceExpiries: () => pieces.expiries(),
      listPieces: (from, to) => pieces.list(from, to),
      forgetPieces: (names) => pieces.forget(names),
      purge: (now, maxItems) => this.#purge(now, maxItems),
      totals: () => ({ ...mailboxes.totals(), ...cards.totals(), ...pieces.totals() }),
      checkpoint: () => this.#checkpoint('TRUNCATE'),
    };
  }

  /** To be called after a group of `bytes` was answered: nobody waits for it who did not come meanwhile. */
  tidy(bytes: number): void {
    try {
      if (this.#scrubber.follow() > (bytes < SMALL_GROUP_BYTES ? SHORT_LOG_BYTES : LONG_LOG_BYTES)) {
        this.#checkpoint('FULL');
      }
    } catch {
      // A disk that fails now is tried again after the next group; an error here would end the thread.
    }
  }

  /** One answer for each call, in order; what changed is durable. */
  run(calls: readonly Call[]): Answer[] {
    const answers: Answer[] = [];
    for (let start = 0; start < calls.length; ) {
      const found = calls.findIndex(({ name }, i) => i >= start && name === 'checkpoint');
      const end = found === -1 ? calls.length : found;
      if (end > start) {
        answers.push(...this.#runGroup(calls.slice(start, end)));
      }
      if (found !== -1) {
        answers.push(this.#tryCheckpoint('TRUNCATE'));
      }
      start = found === -1 ? end : found + 1;
    }
    return answers;
  }

  /** Empties the write-ahead log and lets go of the file. */
  close(): void {
    try {
      this.#checkpoint('TRUNCATE');
    } finally {
      this.#database.close();
      this.#scrubber.close();
    }
  }

  #runGroup(calls: readonly Call[]): Answer[] {
    try {
      return this.#transaction(calls);
    } catch {
      // A full disk must not keep acknowledgements and purges, which make room, from being done: first the log is
      // emptied if that is possible, then each call stands for itself.
      this.#tryCheckpoint('TRUNCATE');
      return calls.flatMap((call) => this.#alone(call));
    }
  }

  #alone(call: Call): Answer[] {
    try {
      return this.#transaction([call]);
    } catch (error) {
      return [{ failure: failureOf(error) }];
    }
  }

  #transaction(calls: readonly Call[]): Answer[] {
    this.#database.exec('BEGIN');
    try {
      const answers = calls.map((call) => ({ value: this.#apply(call) }));
      this.#database.exec('COMMIT');
      for (const table of this.#tables) {
        table.commit();
      }
      return answers;
    } catch (error) {
      for (const table of this.#tables) {
        table.rollback();
      }
      this.#rollback();
      // What it wrote to the log is written over by the next.
      this.#scrubber.rewind();
      throw error;
    }
  }

  /** SQLite may have done so by itself. */
  #rollback(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {}
  }

  #apply({ name, values }: Call): unknown {
    return (this.#operations[name] as (...values: readonly unknown[]) => unknown)(...values);
  }

  #tryCheckpoint(mode: Checkpoint): Answer {
    try {
      return { value: this.#checkpoint(mode) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  #purge(now: number, maxItems: number): ReturnType<Operations['purge']> {
    const [mailboxes, cards, pieces] = this.#tables;
    let left = maxItems;
    left -= mailboxes.purge(now, left);
    left -= cards.purge(now, left);
    const purged = pieces.purge(now, left);
    left -= purged.length;
    return { removed: maxItems - left, more: this.#tables.some((table) => table.hasExpired(now)), pieces: purged };
  }

  /** Moves the log into the database, overwrites what that leaves behind, then empties the log or begins it anew. */
  #checkpoint(mode: Checkpoint): void {
    if (this.#scrubber.follow() > 0) {
      this.#moveLog('FULL');
      this.#scrubber.scrub();
    }
    if (mode === 'TRUNCATE') {
      this.#moveLog('TRUNCATE');
    }
  }

  #moveLog(mode: Checkpoint): void {
    const result = this.#database.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
    if (result?.busy !== 0) {
      throw new StoreError('UNAVAILABLE', 'the write-ahead log could not be emptied');
    }
  }
}

function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : 'unknown';
  return { code: 'UNAVAILABLE', message: `the database failed: ${reason}` };
}
