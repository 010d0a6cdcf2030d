/**
 * What a chat's mailboxes bring: it is received in order, committed, and only then acknowledged to the relay.
 *
 * Spec: docs/protocol/delivery.md §5 and §6.
 *
 * @module
 */

import { sha256 } from '@secret-chat/crypto';
import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { failure } from '../failure.ts';
import { Retry, STORE_RETRY_MS } from '../retry.ts';
import { ChatMailboxes } from './chat-mailboxes.ts';
import { GapWatch } from './gap-watch.ts';
import { countReceived } from './move-limits.ts';
import { type Received, receiveEnvelope } from './receiving.ts';
import { markStale } from './stale.ts';
import type { WatchedMailbox } from './watched-mailbox.ts';

/** Envelopes that one commit takes: as many as a relay sends ahead. */
const BATCH = 64;
/** Envelopes in a row that nothing opens, after which a store must be damaged or old (§5.4). */
const UNREADABLE_RUN = 3;
/** How long "is typing" holds without another one. */
const TYPING_MS = 6_000;

/** While they were heard so recently, they may read at any moment (timers §5). */
const NEAR_MS = 120_000;
/** How often the mailbox is asked for receipts of someone who is away. */
const ASK_FAR_MS = 60_000;

/** More than any relay has a reason to send before something is acknowledged; the rest comes again. */
const MAX_ARRIVALS = 1_000;

type Arrival =
  | {
      readonly kind: 'envelope';
      readonly from: WatchedMailbox;
      readonly envelope: Uint8Array;
      readonly backlog: boolean;
    }
  | { readonly kind: 'drained'; readonly from: WatchedMailbox; readonly askedAtMs: number };

/** What the inbox tells whoever sends. */
export interface InboxEvents {
  /** A mailbox was read to its end, or something came that may let more be sent. */
  progressed(): void;
  /** Something came that is to be acknowledged. */
  owesAck(): void;
}

export class Inbox {
  readonly mailboxes: ChatMailboxes;
  readonly #session: ChatSession;
  readonly #events: InboxEvents;
  readonly #gaps: GapWatch;
  readonly #arrivals: Arrival[] = [];
  /** After a failed commit: the relay still has what was not acknowledged. */
  readonly #retry: Retry;
  #working: Promise<void> | undefined;
  /** Another program took over a mailbox, and that is not stored yet. */
  #isDisplaced = false;
  /** Envelopes in a row that nothing opened. */
  #unreadable = 0;
  /** Something was sent since nothing opens any more. */
  #answeredUnreadable = false;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #typingTimer: Cancel | undefined;
  #askTimer: Cancel | undefined;
  #stopped = false;

  constructor(session: ChatSession, events: InboxEvents) {
    this.#session = session;
    this.#events = events;
    this.#retry = new Retry(session.context.effects.clock, STORE_RETRY_MS, () => {
      this.#work();
      this.#gaps.look();
    });
    this.mailboxes = new ChatMailboxes(session, {
      envelope: (from, envelope, backlog) => this.#arrive({ kind: 'envelope', from, envelope, backlog }),
      drained: (from, askedAtMs) => this.#arrive({ kind: 'drained', from, askedAtMs }),
      displaced: () => {
        this.#isDisplaced = true;
        this.#work();
      },
      refused: (error) => this.#refused(error),
    });
    this.#gaps = new GapWatch(session, this.mailboxes, {
      surfaced: () => events.progressed(),
      failed: (error) => this.#failed(error),
    });
  }

  /** Monotonic time at which something new came that was not waiting on the relay. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Stops; what has arrived and is not committed comes again at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.mailboxes.stop();
    this.#gaps.stop();
    this.#typingTimer?.();
    this.#retry.stop();
    this.#askTimer?.();
    await this.#working;
  }

  /** Timers §5: while receipts are awaited, the mailbox is asked now and then whether it is empty. */
  awaitReceipts(): void {
    const { timedWaiting = 0, askEveryMs = ASK_FAR_MS } = this.#session.record;
    if (this.#stopped || timedWaiting === 0 || this.#askTimer !== undefined) {
      return;
    }
    const { clock } = this.#session.context.effects;
    const wait = this.#isNear ? askEveryMs : ASK_FAR_MS;
    this.#askTimer = clock.after(wait, () => {
      this.#askTimer = undefined;
      if ((this.#session.record.timedWaiting ?? 0) > 0) {
        this.mailboxes.current?.again(clock.monotonicMs());
      }
      this.awaitReceipts();
    });
  }

  get #isNear(): boolean {
    return this.#session.context.effects.clock.monotonicMs() - this.#heardAtMs < NEAR_MS;
  }

  #arrive(arrival: Arrival): void {
    if (this.#arrivals.length < MAX_ARRIVALS || arrival.kind === 'drained') {
      this.#arrivals.push(arrival);
    }
    this.#work();
  }

  #work(): void {
    if (!this.#stopped && !this.#retry.isWaiting) {
      this.#working ??= this.#workOff()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#working = undefined;
          if ((this.#isDisplaced || this.#arrivals.length > 0) && !this.#session.forgotten) {
            // It came after the last look.
            this.#work();
          }
        });
    }
  }

  async #workOff(): Promise<void> {
    while (!this.#stopped && !this.#session.forgotten) {
      const next = this.#arrivals[0];
      if (this.#isDisplaced) {
        await this.#session.change((change) => markStale(change, 'displaced'));
        this.#isDisplaced = false;
      } else if (next === undefined) {
        return;
      } else if (next.kind === 'drained') {
        this.#arrivals.shift();
        this.#drained(next.from, next.askedAtMs);
      } else {
        await this.#receiveBatch();
      }
    }
  }

  async #receiveBatch(): Promise<void> {
    const end = this.#arrivals.findIndex(({ kind }) => kind !== 'envelope');
    const batch = this.#arrivals.slice(0, Math.min(end === -1 ? BATCH : end, BATCH)) as (Arrival & {
      kind: 'envelope';
    })[];
    const { received, unreadable } = await this.#session.change(async (change) => {
      const received: Received[] = [];
      for (const { envelope } of batch) {
        received.push(await receiveEnvelope(change, envelope));
      }
      const { current } = this.mailboxes;
      change.record = countReceived(change.record, batch.filter(({ from }) => from === current).length);
      return { received, unreadable: this.#noticeUnreadable(change, received) };
    });
    this.#unreadable = unreadable;
    this.#arrivals.splice(0, batch.length);
    for (const [i, { from, envelope, backlog }] of batch.entries()) {
      // Committed, so the relay may forget it.
      from.acknowledge(sha256(envelope));
      this.#react(received[i] as Received, backlog);
    }
    this.awaitReceipts();
    this.#gaps.look();
    this.#events.progressed();
  }

  #react(received: Received, backlog: boolean): void {
    if (received.outcome === 'duplicate') {
      this.#events.owesAck();
    }
    if (received.outcome === 'unreadable' && !this.#answeredUnreadable) {
      // If this store is an old copy, the other side learns it from any envelope of it (§5.4).
      this.#answeredUnreadable = true;
      this.#events.owesAck();
    }
    if (received.outcome !== 'new') {
      return;
    }
    this.#answeredUnreadable = false;
    if (!backlog) {
      if (!this.#isNear) {
        // They are back: from now on it is asked more often.
        this.#askTimer?.();
        this.#askTimer = undefined;
      }
      this.#heardAtMs = this.#session.context.effects.clock.monotonicMs();
    }
    if (received.type === 'sequenced') {
      this.#events.owesAck();
      this.#setTyping(false);
    } else if (received.type === 'typing' && !backlog) {
      this.#setTyping(true);
    }
  }

  /** Said once of a run of them. Returns how many there are in a row once this is committed: what fails is received again. */
  #noticeUnreadable(change: ChatChange, received: readonly Received[]): number {
    let run = this.#unreadable;
    for (const { outcome } of received) {
      if (outcome === 'unreadable') {
        run += 1;
        if (run === UNREADABLE_RUN) {
          change.events.push({ type: 'unreadable', chat: this.#session.n });
        }
      } else if (outcome === 'new') {
        run = 0;
      }
    }
    return run;
  }

  #setTyping(typing: boolean): void {
    const { journal, effects } = this.#session.context;
    const was = this.#typingTimer !== undefined;
    this.#typingTimer?.();
    this.#typingTimer = typing ? effects.clock.after(TYPING_MS, () => this.#setTyping(false)) : undefined;
    if (was !== typing) {
      journal.tell({ type: 'typing', chat: this.#session.n, typing });
    }
  }

  #drained(from: WatchedMailbox, askedAtMs: number): void {
    from.wasDrained(askedAtMs);
    const { emptyAskedAtMs } = this.mailboxes;
    if (emptyAskedAtMs !== undefined) {
      const asked = this.#session.context.life.ofMonotonic(emptyAskedAtMs);
      this.#session.emptyAskedMs = Math.max(this.#session.emptyAskedMs, Math.floor(asked));
    }
    this.#gaps.drained();
    this.awaitReceipts();
    this.#events.progressed();
  }

  #refused(error: Error): void {
    const code = isClientError(error) ? error.code : 'RELAY_REFUSED';
    this.#session.context.journal.tell({ type: 'error', chat: this.#session.n, code, message: error.message });
  }

  #failed(error: unknown): void {
    if (this.#stopped || this.#session.forgotten) {
      return;
    }
    const message = 'a message could not be stored; trying again';
    this.#session.context.journal.tell(failure(error, message, this.#session.n));
    this.#retry.schedule();
  }
}
