/**
 * The next deadline of each chat, and the one timer that waits for the first of them.
 *
 * Only the next one of each chat is held in memory, whatever their number: the others lie in the store in their order.
 *
 * Spec: docs/protocol/timers.md §8 and §9.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import type { Journal } from '../device/journal.ts';
import type { Cancel, Clock } from '../effects.ts';
import { failure } from '../failure.ts';
import { Retry, STORE_RETRY_MS } from '../retry.ts';
import type { Vault } from '../vault/vault.ts';
import { endDue, endViewing } from './countdowns.ts';
import type { LifeKeeper } from './life-keeper.ts';
import { DEADLINE } from './life-record.ts';

/** Entries that one change destroys, so that others get a turn in between. */
const STEP = 25;
/** §9, 4: a machine may sleep, and its clock may be turned. */
const LONGEST_WAIT_MS = 60_000;

export class Deadlines {
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #life: LifeKeeper;
  readonly #journal: Journal;
  readonly #next = new Map<ChatSession, number>();
  #timer: Cancel | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  readonly #retry: Retry;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(vault: Vault, clock: Clock, life: LifeKeeper, journal: Journal) {
    this.#vault = vault;
    this.#clock = clock;
    this.#life = life;
    this.#journal = journal;
    this.#retry = new Retry(clock, STORE_RETRY_MS, () => this.#work());
  }

  /** Before anything of the chat is shown: destroys what ran out, and what was being viewed, while the program was off. */
  async restore(session: ChatSession): Promise<void> {
    const first = await this.#first(session);
    await session.change(endViewing);
    if (first !== undefined) {
      // If somebody turned the clock back, everything that had started counts as run out (§4).
      await this.#endAll(session, this.#life.tampered ? Number.MAX_SAFE_INTEGER : this.#life.now());
      await this.#look(session, first);
    }
  }

  /** A countdown of the chat ends at that time. */
  note(session: ChatSession, deadlineMs: number): void {
    if (deadlineMs < (this.#next.get(session) ?? Number.POSITIVE_INFINITY)) {
      this.#next.set(session, deadlineMs);
      this.#wait();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.();
    this.#retry.stop();
    await this.#working;
    if (this.#life.isKept) {
      await this.#mark();
    }
  }

  #wait(): void {
    // What is at work looks again when it ends, and after a failure a little later.
    const isLater = this.#working !== undefined || this.#retry.isWaiting;
    if (this.#stopped || isLater || this.#next.size === 0) {
      return;
    }
    const now = this.#life.now();
    const first = Math.min(...this.#next.values());
    if (this.#timer !== undefined && this.#timerAtMs <= first) {
      return;
    }
    this.#timer?.();
    this.#timerAtMs = Math.min(first, now + LONGEST_WAIT_MS);
    this.#timer = this.#clock.after(Math.max(0, Math.ceil(this.#timerAtMs - now)), () => {
      this.#timer = undefined;
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#work();
    });
  }

  #work(): void {
    this.#working ??= this.#endDue()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#working = undefined;
        this.#wait();
      });
  }

  #failed(error: unknown): void {
    if (this.#stopped) {
      return;
    }
    const message = 'a message whose time is over could not be destroyed yet, and is not shown; trying again';
    this.#journal.tell(failure(error, message));
    this.#retry.schedule();
  }

  /** A chat in which it fails stops no other one. @throws what failed first */
  async #endDue(): Promise<void> {
    const now = this.#life.now();
    const failures: unknown[] = [];
    for (const [session, deadlineMs] of [...this.#next]) {
      if (this.#stopped) {
        return;
      }
      try {
        await this.#endIn(session, deadlineMs, now);
      } catch (error) {
        // Forgotten meanwhile, it has nothing left to be destroyed.
        if (!session.forgotten) {
          failures.push(error);
        }
      }
    }
    // A store that fails here is tried again at the next look.
    await this.#markClock().catch(() => {});
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  async #endIn(session: ChatSession, deadlineMs: number, nowMs: number): Promise<void> {
    if (session.forgotten) {
      this.#next.delete(session);
    } else if (deadlineMs <= nowMs) {
      await this.#endAll(session, nowMs);
      await this.#look(session, deadlineMs);
    }
  }

  async #endAll(session: ChatSession, nowMs: number): Promise<void> {
    for (let more = true; more && !session.forgotten; ) {
      more = await session.change((change) => endDue(change, nowMs, STEP));
    }
  }

  /** Finds the chat's next one; if the store cannot be read, it stays the one `before`. */
  async #look(session: ChatSession, before: number): Promise<void> {
    this.#next.delete(session);
    try {
      const next = session.forgotten ? undefined : await this.#first(session);
      if (next !== undefined) {
        this.note(session, next);
      }
    } catch (error) {
      this.note(session, before);
      throw error;
    }
  }

  async #first(session: ChatSession): Promise<number | undefined> {
    const [first] = await this.#vault.page(DEADLINE, session.scope, { limit: 1 });
    return first?.position;
  }

  /** §9, 2: what ran since the last mark would be lost by a kill. */
  async #markClock(): Promise<void> {
    if (this.#next.size > 0 && !this.#stopped) {
      await this.#mark();
    }
  }

  async #mark(): Promise<void> {
    const transaction = this.#vault.begin();
    this.#life.mark(transaction);
    await transaction.commit();
  }
}
