/**
 * The journal of events: what was committed is told, also if the program was killed in between.
 *
 * Events are written in the transaction that causes them, without texts, and removed after they were told. So after a kill
 * an event can be told twice; it names its message by a number that never changes.
 *
 * Spec: docs/protocol/delivery.md §9.
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';
import type { DeviceEvent, Listener } from '../events.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { JOURNAL, type JournalEntry } from './device-record.ts';

/** Told entries are removed with the next change, or after this time: one write for many. */
const REMOVE_AFTER_MS = 500;

/** Makes an event of what was written about it; `undefined` when there is nothing left to tell. */
export type EventReader = (entry: JournalEntry) => Promise<DeviceEvent | undefined>;

/** What was written with a transaction. */
export interface JournalTicket {
  readonly events: readonly DeviceEvent[];
  /** Where those that are kept lie. */
  readonly position: number | undefined;
  /** Told ones that the transaction removes. */
  readonly removes: readonly number[];
}

export class Journal {
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #read: EventReader;
  readonly #listeners = new Set<Listener>();
  /** Positions that nobody was told, the oldest first. */
  #untold: number[];
  #told: number[] = [];
  #next: number;
  #replay: Promise<void> | undefined;
  #removal: Cancel | undefined;

  private constructor(vault: Vault, clock: Clock, read: EventReader, untold: number[]) {
    this.#vault = vault;
    this.#clock = clock;
    this.#read = read;
    this.#untold = untold;
    this.#next = (untold.at(-1) ?? 0) + 1;
  }

  static async load(vault: Vault, clock: Clock, read: EventReader): Promise<Journal> {
    const entries = await vault.page(JOURNAL, NO_SCOPE);
    return new Journal(
      vault,
      clock,
      read,
      entries.map(({ position }) => position),
    );
  }

  /** The first listener is told what nobody was told; all are told what comes. */
  subscribe(listener: Listener): () => void {
    const first = this.#listeners.size === 0;
    this.#listeners.add(listener);
    if (first && this.#untold.length > 0) {
      this.#startReplay();
    }
    return () => this.#listeners.delete(listener);
  }

  /** Writes `events` with `transaction`; give the ticket to {@link Journal.committed} afterwards. */
  write(transaction: Transaction, events: readonly DeviceEvent[]): JournalTicket {
    // As they are now: what is told before this is committed is not in it.
    const removes = [...this.#told];
    for (const position of removes) {
      transaction.delete(JOURNAL, NO_SCOPE, position);
    }
    const lasting = events.map(toEntry).filter((entry) => entry !== undefined);
    if (lasting.length === 0) {
      return { events, position: undefined, removes };
    }
    const position = this.#next;
    this.#next += 1;
    transaction.put(JOURNAL, NO_SCOPE, position, lasting);
    return { events, position, removes };
  }

  /** Tells what was committed, in the order of the commits. */
  committed({ events, position, removes }: JournalTicket): void {
    this.#told = this.#told.filter((told) => !removes.includes(told));
    if (position !== undefined && (this.#listeners.size === 0 || this.#replay !== undefined)) {
      this.#untold.push(position);
      return;
    }
    for (const event of events) {
      this.tell(event);
    }
    if (position !== undefined) {
      this.#remove(position);
    }
  }

  /** Tells an event that is not kept. */
  tell(event: DeviceEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        // As with any event target: the program's own mistake surfaces, and does not stop what called it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Removes what was told from the store. */
  async flush(): Promise<void> {
    this.#removal?.();
    this.#removal = undefined;
    await this.#replay;
    const told = this.#told;
    if (told.length === 0) {
      return;
    }
    this.#told = [];
    const transaction = this.#vault.begin();
    for (const position of told) {
      transaction.delete(JOURNAL, NO_SCOPE, position);
    }
    try {
      await transaction.commit();
    } catch (error) {
      this.#told.push(...told);
      throw error;
    }
  }

  #startReplay(): void {
    let failed = false;
    this.#replay ??= this.#tellUntold()
      // A store that cannot be read says so to whoever reads it next; what was not told is told at the next start.
      .catch(() => {
        failed = true;
      })
      .finally(() => {
        this.#replay = undefined;
        // Committed since the last one was told, or a listener came since there was none.
        if (this.#untold.length > 0 && this.#listeners.size > 0 && !failed) {
          this.#startReplay();
        }
      });
  }

  async #tellUntold(): Promise<void> {
    while (this.#listeners.size > 0) {
      const position = this.#untold.shift();
      if (position === undefined) {
        return;
      }
      for (const entry of (await this.#vault.get(JOURNAL, NO_SCOPE, position)) ?? []) {
        const event = await this.#read(entry);
        if (event !== undefined) {
          this.tell(event);
        }
      }
      this.#remove(position);
    }
  }

  #remove(position: number): void {
    this.#told.push(position);
    this.#removal ??= this.#clock.after(REMOVE_AFTER_MS, () => {
      this.#removal = undefined;
      this.flush().catch(() => {});
    });
  }
}

/** What is kept of an event; `undefined` for one that means nothing later. */
function toEntry(event: DeviceEvent): JournalEntry | undefined {
  switch (event.type) {
    case 'typing':
    case 'countdown':
    case 'deleted':
    case 'locked':
    case 'progress':
    case 'link':
    case 'error':
      return undefined;
    case 'inviteEnded':
      return { type: event.type, n: event.invite, why: event.why };
    case 'message':
      return { type: event.type, chat: event.chat, n: event.message.n };
    case 'request':
    case 'accepted':
    case 'unreadable':
    case 'unverified':
      return { type: event.type, chat: event.chat };
    case 'state':
    case 'file':
      return { type: event.type, chat: event.chat, n: event.n };
    case 'destroyed':
      return { type: event.type, chat: event.chat, n: event.n, why: event.why };
    case 'deletion':
      return { type: event.type, chat: event.chat, numbers: event.numbers, why: event.state };
    case 'missing':
      return { type: event.type, chat: event.chat, n: event.n, count: event.count };
    case 'stale':
    case 'ended':
      return { type: event.type, chat: event.chat, why: event.why };
  }
}
