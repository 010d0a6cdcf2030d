/**
 * What a chat's mailboxes bring: it is received in order, committed, and only then acknowledged to the relay.
 *
 * Spec: docs/protocol/delivery.md §5 and §6.
 *
 * @module
 */

import { sha256 } from '@secret-chat/crypto';
import type { ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { ChatMailboxes } from './chat-mailboxes.ts';
import { countReceived } from './move-limits.ts';
import { type Received, receiveEnvelope } from './receiving.ts';
import { hasGap, surfaceGaps } from './sequence.ts';
import { markStale } from './stale.ts';
import type { WatchedMailbox } from './watched-mailbox.ts';

/** Envelopes that one commit takes: as many as a relay sends ahead. */
const BATCH = 64;
/** §6.1: how long what is missing may still come by itself, once the mailbox is empty. */
const GAP_WAIT_MS = 10_000;
/** What was asked for and did not come is asked for again, so many times as long as the program runs. */
const ASK_AGAIN_MS = 60_000;
const MAX_ASKS = 4;
/** Envelopes in a row that nothing opens, after which a store must be damaged or old (§5.4). */
const UNREADABLE_RUN = 3;
/** After a failed commit: the relay still has what was not acknowledged. */
const RETRY_MS = 5_000;
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
  readonly #arrivals: Arrival[] = [];
  #working: Promise<void> | undefined;
  #unreadable = 0;
  /** Something was sent since nothing opens any more. */
  #answeredUnreadable = false;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #gapTimer: Cancel | undefined;
  #asks = 0;
  /** How far everything was here when the missing was last asked for. */
  #gotWhenAsked = 0;
  #typingTimer: Cancel | undefined;
  #retryTimer: Cancel | undefined;
  #askTimer: Cancel | undefined;
  #stopped = false;

  constructor(session: ChatSession, events: InboxEvents) {
    this.#session = session;
    this.#events = events;
    this.mailboxes = new ChatMailboxes(session, {
      envelope: (from, envelope, backlog) => this.#arrive({ kind: 'envelope', from, envelope, backlog }),
      drained: (from, askedAtMs) => this.#arrive({ kind: 'drained', from, askedAtMs }),
      displaced: () => this.#displaced(),
      refused: (error) => this.#refused(error),
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
    this.#gapTimer?.();
    this.#typingTimer?.();
    this.#retryTimer?.();
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
    if (!this.#stopped && this.#retryTimer === undefined) {
      this.#working ??= this.#workOff()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#working = undefined;
          if (this.#arrivals.length > 0 && !this.#session.forgotten) {
            // It came after the last look.
            this.#work();
          }
        });
    }
  }

  async #workOff(): Promise<void> {
    while (!this.#stopped && !this.#session.forgotten) {
      const next = this.#arrivals[0];
      if (next === undefined) {
        return;
      }
      if (next.kind === 'drained') {
        this.#arrivals.shift();
        this.#drained(next.from, next.askedAtMs);
        continue;
      }
      await this.#receiveBatch();
    }
  }

  async #receiveBatch(): Promise<void> {
    const end = this.#arrivals.findIndex(({ kind }) => kind !== 'envelope');
    const batch = this.#arrivals.slice(0, Math.min(end === -1 ? BATCH : end, BATCH)) as (Arrival & {
      kind: 'envelope';
    })[];
    const received = await this.#session.change(async (change) => {
      const out: Received[] = [];
      for (const { envelope } of batch) {
        out.push(await receiveEnvelope(change, envelope));
      }
      const { current } = this.mailboxes;
      change.record = countReceived(change.record, batch.filter(({ from }) => from === current).length);
      this.#noticeUnreadable(out, () => change.events.push({ type: 'unreadable', chat: this.#session.n }));
      return out;
    });
    this.#arrivals.splice(0, batch.length);
    for (const [i, { from, envelope, backlog }] of batch.entries()) {
      // Committed, so the relay may forget it.
      from.acknowledge(sha256(envelope));
      this.#react(received[i] as Received, backlog);
    }
    this.awaitReceipts();
    this.#watchGap();
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

  #noticeUnreadable(received: readonly Received[], tell: () => void): void {
    for (const { outcome } of received) {
      if (outcome === 'unreadable') {
        this.#unreadable += 1;
        if (this.#unreadable === UNREADABLE_RUN) {
          tell();
        }
      } else if (outcome === 'new') {
        this.#unreadable = 0;
      }
    }
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
    this.#asks = 0;
    this.#watchGap();
    this.awaitReceipts();
    this.#events.progressed();
  }

  /** §6.1: waits a little for what is missing; then what is here is shown, and the rest asked for. */
  #watchGap(): void {
    const gap = hasGap(this.#session);
    if (!gap) {
      this.#gapTimer?.();
      this.#gapTimer = undefined;
      this.#asks = 0;
      return;
    }
    if (this.#session.record.got > this.#gotWhenAsked) {
      // It came: what is missing now is something else.
      this.#asks = 0;
    }
    if (this.#gapTimer === undefined && !this.mailboxes.haveBacklog && this.#asks < MAX_ASKS) {
      const wait = this.#asks === 0 ? GAP_WAIT_MS : ASK_AGAIN_MS;
      this.#gapTimer = this.#session.context.effects.clock.after(wait, () => {
        this.#gapTimer = undefined;
        this.#asks += 1;
        this.#surface().catch((error: unknown) => this.#failed(error));
      });
    }
  }

  async #surface(): Promise<void> {
    if (this.#stopped || this.#session.forgotten || !hasGap(this.#session)) {
      return;
    }
    await this.#session.change(surfaceGaps);
    this.#gotWhenAsked = this.#session.record.got;
    this.#watchGap();
    this.#events.progressed();
  }

  #refused(error: Error): void {
    const code = isClientError(error) ? error.code : 'RELAY_REFUSED';
    this.#session.context.journal.tell({ type: 'error', chat: this.#session.n, code, message: error.message });
  }

  #displaced(): void {
    this.#session.change((change) => markStale(change, 'displaced')).catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (this.#stopped || this.#session.forgotten) {
      return;
    }
    const { journal, effects } = this.#session.context;
    const code = isClientError(error) ? error.code : 'STORE_FAILED';
    journal.tell({
      type: 'error',
      chat: this.#session.n,
      code,
      message: 'a message could not be stored; trying again',
    });
    this.#retryTimer ??= effects.clock.after(RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.#work();
    });
  }
}
