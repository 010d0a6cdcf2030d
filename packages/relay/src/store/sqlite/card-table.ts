/**
 * The tables of cards and prekeys.
 *
 * @module
 */

import { randomInt } from 'node:crypto';
import type { SqliteDatabase, SqliteStatement } from '@secret-chat/sqlite';
import { renewedCard } from '../card-renewal.ts';
import type { CardItem, CardResult, ExportPage, Hash, StoreLimits } from '../relay-store.ts';
import { TransactionTally } from './expiry-tally.ts';

const CARD_IDS = 2 ** 31;
/** Row numbers of prekeys of one card, behind the card's: together below 2^51, which drivers pass exactly. */
const PREKEYS_PER_CARD_ID = 2 ** 20;
/** The first prekey of a pool takes a random number below this, so that the newest does not tell how many there were. */
const FIRST_PREKEYS = 2 ** 19;

interface Card {
  readonly id: number;
  readonly owner: Uint8Array;
  readonly expiresAt: number;
  readonly idleWeeks: number | undefined;
}

export class CardTable {
  readonly #limits: StoreLimits;
  readonly #cards = new TransactionTally();
  /** All under one expiry: prekeys go with their cards. */
  readonly #prekeys = new TransactionTally();
  readonly #sql: Record<keyof typeof SQL, SqliteStatement>;

  constructor(database: SqliteDatabase, limits: StoreLimits) {
    this.#limits = limits;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as Record<keyof typeof SQL, SqliteStatement>;
    for (const { expires_at, count } of this.#sql.tallyCards.all()) {
      this.#cards.add(Number(expires_at), Number(count), 0);
    }
    this.#prekeys.add(0, Number(this.#sql.countPrekeys.get()?.count), 0);
    this.commit();
  }

  put({ inviteId, owner, card, prekeys, expiresAt, idleWeeks }: CardItem, now: number): CardResult {
    const found = this.#live(inviteId, now);
    if (found !== undefined && !isSame(found.owner, owner)) {
      return 'not-owner';
    }
    const held = found === undefined ? 0 : this.#poolSize(found.id);
    if (held + prekeys.length > this.#limits.prekeysPerCard) {
      return 'full';
    }
    if (found !== undefined) {
      this.#sql.replace.run(card, expiresAt, idleWeeks ?? null, found.id);
      this.#moved(found.expiresAt, expiresAt);
      this.#addTo(found.id, prekeys);
      return { prekeys: held + prekeys.length };
    }
    if (!this.#cards.fits(0, now, { count: this.#limits.cards })) {
      return 'relay-full';
    }
    this.#removeExpired(inviteId);
    const id = this.#insert(inviteId, owner, expiresAt, idleWeeks, card);
    this.#cards.add(expiresAt, 1, 0);
    this.#addTo(id, prekeys);
    return { prekeys: prekeys.length };
  }

  add(inviteId: Hash, owner: Hash, prekeys: readonly Uint8Array[], now: number): CardResult {
    const found = this.#owned(inviteId, owner, now);
    if (typeof found === 'string') {
      return found;
    }
    const held = this.#poolSize(found.id);
    if (held + prekeys.length > this.#limits.prekeysPerCard) {
      return 'full';
    }
    const renewed = renewedCard(found.expiresAt, found.idleWeeks, now);
    if (renewed !== found.expiresAt) {
      this.#sql.renew.run(renewed, found.id);
      this.#moved(found.expiresAt, renewed);
    }
    this.#addTo(found.id, prekeys);
    return { prekeys: held + prekeys.length };
  }

  get(inviteId: Hash, now: number): { card: Uint8Array; expiresAt: number } | undefined {
    const row = this.#sql.read.get(inviteId, now);
    return row && { card: row.body as Uint8Array, expiresAt: Number(row.expires_at) };
  }

  take(inviteId: Hash, now: number): Uint8Array | undefined | 'gone' {
    const found = this.#live(inviteId, now);
    if (found === undefined) {
      return 'gone';
    }
    const row = this.#sql.nextPrekeys.get(...rangeOf(found.id), 1);
    if (row === undefined) {
      return undefined;
    }
    this.#removePrekey(Number(row.id));
    return row.body as Uint8Array;
  }

  remove(inviteId: Hash, owner: Hash): 'removed' | 'not-owner' | 'gone' {
    const found = this.#owned(inviteId, owner, Number.NEGATIVE_INFINITY);
    if (typeof found === 'string') {
      return found;
    }
    this.#remove(found);
    return 'removed';
  }

  export(
    inviteId: Hash,
    owner: Hash,
    after: number,
    limit: number,
    now: number,
  ): ExportPage<Uint8Array> | 'not-owner' | 'gone' {
    const found = this.#owned(inviteId, owner, now);
    if (typeof found === 'string') {
      return found;
    }
    const [first, last] = rangeOf(found.id);
    const rows = this.#sql.nextPrekeys.all(Math.min(first + after + 1, last), last, limit + 1);
    const page = rows.slice(0, limit);
    const next = rows.length > limit ? Number(page.at(-1)?.id) - first : undefined;
    return { items: page.map(({ body }) => body as Uint8Array), next };
  }

  /** Removes at most `maxItems` of what expired, and says how many it did. */
  purge(now: number, maxItems: number): number {
    let left = maxItems;
    if (left > 0 && this.#cards.expired(now) > 0) {
      for (const row of this.#sql.expired.all(now, left)) {
        const card = cardOf(row);
        const prekeys = this.#sql.prekeyIds.all(...rangeOf(card.id), left);
        for (const { id } of prekeys) {
          this.#removePrekey(Number(id));
        }
        left -= prekeys.length;
        if (left === 0) {
          break;
        }
        this.#remove(card);
        left -= 1;
      }
    }
    return maxItems - left;
  }

  hasExpired(now: number): boolean {
    return this.#cards.expired(now) > 0;
  }

  totals(): { cards: number; prekeys: number } {
    return { cards: this.#cards.held.count, prekeys: this.#prekeys.held.count };
  }

  commit(): void {
    this.#cards.commit();
    this.#prekeys.commit();
  }

  rollback(): void {
    this.#cards.rollback();
    this.#prekeys.rollback();
  }

  #owned(inviteId: Hash, owner: Hash, now: number): Card | 'not-owner' | 'gone' {
    const found = this.#live(inviteId, now);
    if (found === undefined) {
      return 'gone';
    }
    return isSame(found.owner, owner) ? found : 'not-owner';
  }

  #live(inviteId: Hash, now: number): Card | undefined {
    const row = this.#sql.find.get(inviteId);
    return row !== undefined && Number(row.expires_at) > now ? cardOf(row) : undefined;
  }

  #insert(inviteId: Hash, owner: Hash, expiresAt: number, idleWeeks: number | undefined, card: Uint8Array): number {
    for (;;) {
      const id = randomInt(CARD_IDS);
      if (this.#sql.has.get(id) === undefined) {
        this.#sql.insert.run(id, inviteId, owner, expiresAt, idleWeeks ?? null, card);
        return id;
      }
    }
  }

  #addTo(card: number, prekeys: readonly Uint8Array[]): void {
    let id = this.#lastPrekey(card, prekeys.length);
    for (const prekey of prekeys) {
      id += 1;
      this.#sql.insertPrekey.run(id, prekey);
    }
    this.#prekeys.add(0, prekeys.length, 0);
  }

  /** The number after which `count` more are free. */
  #lastPrekey(card: number, count: number): number {
    const [first, last] = rangeOf(card);
    const { oldest, newest } = this.#sql.endsOfPool.get(first, last) ?? {};
    if (typeof oldest !== 'number' || typeof newest !== 'number') {
      return first + randomInt(FIRST_PREKEYS);
    }
    if (newest + count <= last) {
      return newest;
    }
    // After half a million: the pool begins anew, in the same order. No prekey has the first number (see `export`).
    const by = oldest - first - 1;
    this.#sql.movePool.run(by, first, last);
    return newest - by;
  }

  #poolSize(card: number): number {
    return Number(this.#sql.poolSize.get(...rangeOf(card))?.count);
  }

  #removePrekey(id: number): void {
    this.#sql.deletePrekey.run(id);
    this.#prekeys.add(0, -1, 0);
  }

  #removeExpired(inviteId: Hash): void {
    const row = this.#sql.find.get(inviteId);
    if (row !== undefined) {
      this.#remove(cardOf(row));
    }
  }

  #remove({ id, expiresAt }: Card): void {
    this.#prekeys.add(0, -this.#poolSize(id), 0);
    this.#sql.deletePool.run(...rangeOf(id));
    this.#sql.delete.run(id);
    this.#cards.add(expiresAt, -1, 0);
  }

  #moved(from: number, to: number): void {
    this.#cards.add(from, -1, 0);
    this.#cards.add(to, 1, 0);
  }
}

const SQL = {
  tallyCards: 'SELECT expires_at, count(*) AS count FROM card INDEXED BY card_expiry GROUP BY expires_at',
  countPrekeys: 'SELECT count(*) AS count FROM prekey INDEXED BY prekey_count',
  find: 'SELECT id, owner, expires_at, idle_weeks FROM card WHERE invite_id = ?',
  has: 'SELECT 1 FROM card WHERE id = ?',
  read: 'SELECT body, expires_at FROM card WHERE invite_id = ? AND expires_at > ?',
  insert: 'INSERT INTO card (id, invite_id, owner, expires_at, idle_weeks, body) VALUES (?, ?, ?, ?, ?, ?)',
  replace: 'UPDATE card SET body = ?, expires_at = ?, idle_weeks = ? WHERE id = ?',
  renew: 'UPDATE card SET expires_at = ? WHERE id = ?',
  delete: 'DELETE FROM card WHERE id = ?',
  expired:
    'SELECT id, owner, expires_at, idle_weeks FROM card INDEXED BY card_expiry WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
  insertPrekey: 'INSERT INTO prekey (id, body) VALUES (?, ?)',
  nextPrekeys: 'SELECT id, body FROM prekey WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?',
  prekeyIds: 'SELECT id FROM prekey WHERE id BETWEEN ? AND ? LIMIT ?',
  endsOfPool:
    'SELECT min(id) AS oldest, max(id) AS newest FROM prekey INDEXED BY prekey_count WHERE id BETWEEN ? AND ?',
  movePool: 'UPDATE prekey SET id = id - ? WHERE id BETWEEN ? AND ?',
  poolSize: 'SELECT count(*) AS count FROM prekey INDEXED BY prekey_count WHERE id BETWEEN ? AND ?',
  deletePrekey: 'DELETE FROM prekey WHERE id = ?',
  deletePool: 'DELETE FROM prekey WHERE id BETWEEN ? AND ?',
} as const;

/** First and last row number of a card's prekeys. */
function rangeOf(card: number): [first: number, last: number] {
  return [card * PREKEYS_PER_CARD_ID, (card + 1) * PREKEYS_PER_CARD_ID - 1];
}

function cardOf({ id, owner, expires_at, idle_weeks }: Record<string, unknown>): Card {
  return {
    id: Number(id),
    owner: owner as Uint8Array,
    expiresAt: Number(expires_at),
    idleWeeks: idle_weeks === null ? undefined : Number(idle_weeks),
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
