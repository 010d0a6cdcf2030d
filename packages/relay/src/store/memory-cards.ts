/**
 * Cards and their pools of prekeys, in memory.
 *
 * @module
 */

import { hexOf } from './arguments.ts';
import { renewedCard } from './card-renewal.ts';
import type { CardItem, CardResult, ExportPage, Hash, StoreLimits } from './relay-store.ts';

interface Card {
  readonly owner: string;
  card: Uint8Array;
  expiresAt: number;
  idleWeeks: number | undefined;
  last: number;
  /** By position, oldest first. */
  readonly pool: Map<number, Uint8Array>;
}

export class MemoryCards {
  readonly #limits: StoreLimits;
  readonly #cards = new Map<string, Card>();

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  put({ inviteId, owner, card, prekeys, expiresAt, idleWeeks }: CardItem, now: number): CardResult {
    const name = hexOf(inviteId);
    const found = this.#live(name, now);
    if (found !== undefined && found.owner !== hexOf(owner)) {
      return 'not-owner';
    }
    if ((found?.pool.size ?? 0) + prekeys.length > this.#limits.prekeysPerCard) {
      return 'full';
    }
    if (found === undefined && this.#countLive(now) >= this.#limits.cards) {
      return 'relay-full';
    }
    const changed = found ?? { owner: hexOf(owner), card, expiresAt, idleWeeks, last: 0, pool: new Map() };
    changed.card = card.slice();
    changed.expiresAt = expiresAt;
    changed.idleWeeks = idleWeeks;
    this.#cards.set(name, changed);
    return addTo(changed, prekeys);
  }

  add(inviteId: Hash, owner: Hash, prekeys: readonly Uint8Array[], now: number): CardResult {
    const found = this.#owned(inviteId, owner, now);
    if (typeof found === 'string') {
      return found;
    }
    if (found.pool.size + prekeys.length > this.#limits.prekeysPerCard) {
      return 'full';
    }
    found.expiresAt = renewedCard(found.expiresAt, found.idleWeeks, now);
    return addTo(found, prekeys);
  }

  get(inviteId: Hash, now: number): { card: Uint8Array; expiresAt: number } | undefined {
    const found = this.#live(hexOf(inviteId), now);
    return found && { card: found.card.slice(), expiresAt: found.expiresAt };
  }

  take(inviteId: Hash, now: number): Uint8Array | undefined | 'gone' {
    const pool = this.#live(hexOf(inviteId), now)?.pool;
    if (pool === undefined) {
      return 'gone';
    }
    for (const [position, prekey] of pool) {
      pool.delete(position);
      return prekey;
    }
    return undefined;
  }

  remove(inviteId: Hash, owner: Hash): 'removed' | 'not-owner' | 'gone' {
    const found = this.#owned(inviteId, owner, Number.NEGATIVE_INFINITY);
    if (typeof found === 'string') {
      return found;
    }
    this.#cards.delete(hexOf(inviteId));
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
    const rest = [...found.pool].filter(([position]) => position > after);
    const page = rest.slice(0, limit);
    return {
      items: page.map(([, prekey]) => prekey.slice()),
      next: rest.length > limit ? page.at(-1)?.[0] : undefined,
    };
  }

  *expired(now: number): Generator<() => unknown> {
    for (const [name, { expiresAt, pool }] of this.#cards) {
      if (expiresAt <= now) {
        for (const position of pool.keys()) {
          yield () => pool.delete(position);
        }
        yield () => this.#cards.delete(name);
      }
    }
  }

  totals(): { cards: number; prekeys: number } {
    const pools = [...this.#cards.values()].map(({ pool }) => pool.size);
    return { cards: pools.length, prekeys: pools.reduce((sum, size) => sum + size, 0) };
  }

  #owned(inviteId: Hash, owner: Hash, now: number): Card | 'not-owner' | 'gone' {
    const found = this.#live(hexOf(inviteId), now);
    if (found === undefined) {
      return 'gone';
    }
    return found.owner === hexOf(owner) ? found : 'not-owner';
  }

  #live(name: string, now: number): Card | undefined {
    const found = this.#cards.get(name);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  #countLive(now: number): number {
    return [...this.#cards.values()].filter(({ expiresAt }) => expiresAt > now).length;
  }
}

function addTo(card: Card, prekeys: readonly Uint8Array[]): CardResult {
  for (const prekey of prekeys) {
    card.last += 1;
    card.pool.set(card.last, prekey.slice());
  }
  return { prekeys: card.pool.size };
}
