/** What is known of the year besides the devices' own word: what must be gone and when, what happened how often. */

import { expect } from 'vitest';
import type { StoreTotals } from '../../../relay/src/store/relay-store.ts';
import type { Chat, Message } from '../../src/index.ts';
import type { Side } from './year-population.ts';
import type { Resident, Town } from './year-town.ts';

export type Happened = 'files' | 'viewed' | 'deleted' | 'ranOut';

/** A message must not be on a device any more at that time. */
interface Due {
  readonly chat: number;
  readonly n: number;
  readonly atMs: number;
}

export class Ledger {
  readonly #counts = new Map<Happened, number>();
  readonly #dues = new Map<Resident, Due[]>();
  /** Of each address of theirs, the days on which it was first and last seen. */
  readonly #addresses = new Map<Resident, Map<string, { readonly first: number; readonly last: number }>>();

  /** The most of everything that the relay held at once. */
  peak: StoreTotals | undefined;

  /** Looks at what the relay holds. */
  weigh(totals: StoreTotals): void {
    const { peak = totals } = this;
    const names = Object.keys(totals) as (keyof StoreTotals)[];
    this.peak = Object.fromEntries(
      names.map((name) => [name, Math.max(totals[name], peak[name])]),
    ) as unknown as StoreTotals;
  }

  count(what: Happened): void {
    this.#counts.set(what, this.counted(what) + 1);
  }

  counted(what: Happened): number {
    return this.#counts.get(what) ?? 0;
  }

  /** They read that message of the other side now: if it has a timer, it runs from now on. */
  read({ who, chat }: Side, { n, timer, kind }: Message, nowMs: number): void {
    if (timer !== 'off' && (kind === 'text' || kind === 'hidden')) {
      this.#owe(who, { chat, n, atMs: nowMs + (timer === 'once' ? 0 : timer * 1_000) });
    }
  }

  /** Looks at everything that the device shows: nothing of it is past its time. */
  async look(who: Resident, town: Town): Promise<void> {
    const nowMs = town.clock.wallMs();
    const dues = this.#dues.get(who) ?? [];
    for (const chat of who.device.chats) {
      const history = await historyOf(chat);
      expect(history.filter(({ endsAt = Number.POSITIVE_INFINITY }) => endsAt <= nowMs)).toEqual([]);
      const shown = new Set(history.map(({ n }) => n));
      const due = dues.filter((due) => due.chat === chat.n && due.atMs <= nowMs);
      expect(due.filter(({ n }) => shown.has(n))).toEqual([]);
      // Of their own, no more is known than that they were read before now.
      for (const { n, from, state, timer } of history) {
        if (from === 'me' && state === 'read' && typeof timer === 'number') {
          this.#owe(who, { chat: chat.n, n, atMs: nowMs + timer * 1_000 });
        }
      }
    }
    const isOver = ({ atMs }: Due) => atMs <= nowMs;
    this.#counts.set('ranOut', this.counted('ranOut') + dues.filter(isOver).length);
    this.#dues.set(
      who,
      (this.#dues.get(who) ?? []).filter((due) => !isOver(due)),
    );
  }

  /** Asks the relay which mailboxes are theirs today. */
  async noteAddresses(who: Resident, town: Town): Promise<void> {
    const { mailboxes } = await town.run(who.device.exportRelayData());
    const seen = this.#addresses.get(who) ?? new Map();
    for (const { address } of mailboxes) {
      seen.set(address, { first: seen.get(address)?.first ?? town.day, last: town.day });
    }
    this.#addresses.set(who, seen);
  }

  /** For how many days each of their addresses was in use. */
  addressDays(who: Resident): number[] {
    return [...(this.#addresses.get(who)?.values() ?? [])].map(({ first, last }) => last - first);
  }

  #owe(who: Resident, due: Due): void {
    this.#dues.set(who, [...(this.#dues.get(who) ?? []), due]);
  }
}

export function historyOf(chat: Chat): Promise<Message[]> {
  return chat.messages({ limit: 100_000 });
}
