/**
 * The tables of mailboxes and envelopes.
 *
 * @module
 */

import { randomInt } from 'node:crypto';
import type { SqliteDatabase, SqliteStatement } from '@secret-chat/sqlite';
import { hexOf } from '../arguments.ts';
import type { Appended, EnvelopeItem, ExportPage, Hash, StoredEnvelope, StoreLimits } from '../relay-store.ts';
import { Directory, DirectoryCache, type Entry } from './directory-cache.ts';
import { TransactionTally } from './expiry-tally.ts';
import { endOfExpired, RowNumbers } from './row-numbers.ts';

/** Random row numbers below this: two mailboxes will not draw the same, and if they do the second fails once. */
const MAILBOX_IDS = 2 ** 47;

export class MailboxTable {
  readonly #limits: StoreLimits;
  readonly #cache = new DirectoryCache();
  readonly #mailboxes = new TransactionTally();
  readonly #envelopes = new TransactionTally();
  readonly #sql: Record<keyof typeof SQL, SqliteStatement>;
  readonly #numbers = new RowNumbers((first, last) => {
    const id = this.#sql.largestNumber.get(first, last)?.id;
    return typeof id === 'number' ? id : undefined;
  });

  constructor(database: SqliteDatabase, limits: StoreLimits) {
    this.#limits = limits;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, SqliteStatement>;
    for (const { expires_at, count } of this.#sql.tallyMailboxes.all()) {
      this.#mailboxes.add(Number(expires_at), Number(count), 0);
    }
    for (const { expires_at, count, bytes } of this.#sql.tallyEnvelopes.all()) {
      this.#envelopes.add(Number(expires_at), Number(count), Number(bytes));
    }
    this.commit();
  }

  open(mailbox: Hash, expiresAt: number, now: number): 'opened' | 'renewed' | 'relay-full' {
    const found = this.#live(mailbox, now);
    if (found !== undefined) {
      // Mostly the same, since it is rounded up to the week (relay.md §8.2): then nothing is written.
      if (expiresAt !== found.expiresAt) {
        this.#sql.renew.run(expiresAt, mailbox);
        this.#mailboxes.add(found.expiresAt, -1, 0);
        this.#mailboxes.add(expiresAt, 1, 0);
        found.expiresAt = expiresAt;
      }
      return 'renewed';
    }
    if (!this.#mailboxes.fits(0, now, { count: this.#limits.mailboxes })) {
      return 'relay-full';
    }
    this.remove(mailbox);
    const id = randomInt(MAILBOX_IDS);
    this.#sql.insertMailbox.run(mailbox, id, expiresAt);
    this.#mailboxes.add(expiresAt, 1, 0);
    this.#cache.set(hexOf(mailbox), new Directory(id, expiresAt));
    return 'opened';
  }

  expiry(mailbox: Hash, now: number): number | undefined {
    return this.#live(mailbox, now)?.expiresAt;
  }

  append({ mailbox, hash, envelope, expiresAt }: EnvelopeItem, now: number): Appended {
    const directory = this.#live(mailbox, now);
    if (directory === undefined) {
      return 'gone';
    }
    const key = hexOf(hash);
    const before = directory.get(key);
    if (before !== undefined && before.expiresAt > now) {
      return 'duplicate';
    }
    const { envelopesPerMailbox, bytesPerMailbox, envelopeBytes } = this.#limits;
    const size = envelope.length;
    if (!directory.tally.fits(size, now, { count: envelopesPerMailbox, bytes: bytesPerMailbox })) {
      return 'full';
    }
    if (!this.#envelopes.fits(size, now, { bytes: envelopeBytes })) {
      return 'relay-full';
    }
    if (before !== undefined) {
      this.#delete(directory, key, before);
    }
    const seq = directory.nextSeq;
    const id = this.#numbers.next(expiresAt);
    this.#sql.insertEnvelope.run(id, directory.id, seq, expiresAt, size, hash, envelope);
    directory.add(key, { id, seq, expiresAt, size });
    this.#cache.resized(1);
    this.#envelopes.add(expiresAt, 1, size);
    return 'stored';
  }

  read(mailbox: Hash, limit: number, exclude: ReadonlySet<string>, now: number): StoredEnvelope[] {
    return this.#bodies(this.#live(mailbox, now), limit, (hash, entry) => entry.expiresAt > now && !exclude.has(hash));
  }

  export(mailbox: Hash, after: number, limit: number, now: number): ExportPage<StoredEnvelope> {
    const directory = this.#live(mailbox, now);
    let last = after;
    let hasMore = false;
    let wanted = limit;
    const items = this.#bodies(directory, limit + 1, (_, { seq, expiresAt }) => {
      if (seq <= after || expiresAt <= now) {
        return false;
      }
      hasMore = wanted === 0;
      last = hasMore ? last : seq;
      wanted -= 1;
      return true;
    });
    return { items: items.slice(0, limit), next: hasMore ? last : undefined };
  }

  ack(mailbox: Hash, hashes: readonly Hash[]): void {
    const directory = this.#find(mailbox);
    for (const hash of hashes) {
      const key = hexOf(hash);
      const entry = directory?.get(key);
      if (directory !== undefined && entry !== undefined) {
        this.#delete(directory, key, entry);
      }
    }
  }

  remove(mailbox: Hash): boolean {
    const directory = this.#find(mailbox);
    if (directory === undefined) {
      return false;
    }
    this.#empty(directory, Number.POSITIVE_INFINITY);
    this.#removeEmpty(mailbox, directory);
    return true;
  }

  /** Removes at most `maxItems` of what expired, and says how many it did. */
  purge(now: number, maxItems: number): number {
    let left = maxItems;
    if (this.#envelopes.expired(now) > 0) {
      this.#numbers.forget(now);
      for (const row of this.#sql.expiredEnvelopes.all(endOfExpired(now), now, left)) {
        const [id, expiresAt, size] = [Number(row.id), Number(row.expires_at), Number(row.size)];
        this.#sql.deleteEnvelope.run(id);
        this.#envelopes.add(expiresAt, -1, -size);
        const directory = this.#cache.byId(Number(row.mailbox));
        directory?.delete(hexOf(row.hash as Uint8Array), { id, seq: 0, expiresAt, size });
        this.#cache.resized(directory === undefined ? 0 : -1);
        left -= 1;
      }
    }
    if (this.#mailboxes.expired(now) > 0) {
      for (const { name } of this.#sql.expiredMailboxes.all(now, left)) {
        const directory = this.#find(name as Uint8Array);
        left -= directory === undefined ? 0 : this.#empty(directory, left);
        if (left === 0 || directory === undefined) {
          break;
        }
        this.#removeEmpty(name as Uint8Array, directory);
        left -= 1;
      }
    }
    return maxItems - left;
  }

  hasExpired(now: number): boolean {
    return this.#envelopes.expired(now) > 0 || this.#mailboxes.expired(now) > 0;
  }

  totals(): { mailboxes: number; envelopes: number; envelopeBytes: number } {
    const { count, bytes } = this.#envelopes.held;
    return { mailboxes: this.#mailboxes.held.count, envelopes: count, envelopeBytes: bytes };
  }

  commit(): void {
    this.#mailboxes.commit();
    this.#envelopes.commit();
  }

  rollback(): void {
    this.#mailboxes.rollback();
    this.#envelopes.rollback();
    this.#cache.clear();
  }

  #live(mailbox: Hash, now: number): Directory | undefined {
    const found = this.#find(mailbox);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  #find(mailbox: Hash): Directory | undefined {
    const name = hexOf(mailbox);
    const cached = this.#cache.get(name);
    if (cached !== undefined) {
      return cached;
    }
    const row = this.#sql.findMailbox.get(mailbox);
    if (row === undefined) {
      return undefined;
    }
    const directory = new Directory(Number(row.id), Number(row.expires_at));
    for (const { id, seq, expires_at, size, hash } of this.#sql.directory.all(directory.id)) {
      const entry: Entry = { id: Number(id), seq: Number(seq), expiresAt: Number(expires_at), size: Number(size) };
      directory.add(hexOf(hash as Uint8Array), entry);
    }
    this.#cache.set(name, directory);
    return directory;
  }

  #bodies(
    directory: Directory | undefined,
    limit: number,
    wants: (hash: string, entry: Entry) => boolean,
  ): StoredEnvelope[] {
    const found: StoredEnvelope[] = [];
    for (const [hash, entry] of directory?.entries() ?? []) {
      if (found.length >= limit) {
        break;
      }
      if (wants(hash, entry)) {
        const row = this.#sql.readEnvelope.get(entry.id);
        found.push({ hash: row?.hash as Uint8Array, envelope: row?.body as Uint8Array, expiresAt: entry.expiresAt });
      }
    }
    return found;
  }

  #delete(directory: Directory, hash: string, entry: Entry): void {
    this.#sql.deleteEnvelope.run(entry.id);
    directory.delete(hash, entry);
    this.#cache.resized(-1);
    this.#envelopes.add(entry.expiresAt, -1, -entry.size);
  }

  /** Removes at most `maxItems` envelopes, and says how many it did. */
  #empty(directory: Directory, maxItems: number): number {
    let removed = 0;
    for (const [hash, entry] of directory.entries()) {
      if (removed === maxItems) {
        break;
      }
      this.#delete(directory, hash, entry);
      removed += 1;
    }
    return removed;
  }

  #removeEmpty(mailbox: Hash, directory: Directory): void {
    this.#sql.deleteMailbox.run(mailbox);
    this.#cache.delete(hexOf(mailbox));
    this.#mailboxes.add(directory.expiresAt, -1, 0);
  }
}

const SQL = {
  tallyMailboxes: 'SELECT expires_at, count(*) AS count FROM mailbox GROUP BY expires_at',
  tallyEnvelopes:
    'SELECT expires_at, count(*) AS count, sum(size) AS bytes FROM envelope INDEXED BY envelope_directory GROUP BY expires_at',
  findMailbox: 'SELECT id, expires_at FROM mailbox WHERE name = ?',
  insertMailbox: 'INSERT INTO mailbox (name, id, expires_at) VALUES (?, ?, ?)',
  renew: 'UPDATE mailbox SET expires_at = ? WHERE name = ?',
  deleteMailbox: 'DELETE FROM mailbox WHERE name = ?',
  expiredMailboxes: 'SELECT name FROM mailbox INDEXED BY mailbox_expiry WHERE expires_at <= ? LIMIT ?',
  directory:
    'SELECT id, seq, expires_at, size, hash FROM envelope INDEXED BY envelope_directory WHERE mailbox = ? ORDER BY seq',
  insertEnvelope: 'INSERT INTO envelope (id, mailbox, seq, expires_at, size, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
  largestNumber: 'SELECT max(id) AS id FROM envelope WHERE id BETWEEN ? AND ?',
  readEnvelope: 'SELECT hash, body FROM envelope WHERE id = ?',
  deleteEnvelope: 'DELETE FROM envelope WHERE id = ?',
  expiredEnvelopes:
    'SELECT id, mailbox, expires_at, size, hash FROM envelope WHERE id < ? AND expires_at <= ? ORDER BY id LIMIT ?',
} as const;
