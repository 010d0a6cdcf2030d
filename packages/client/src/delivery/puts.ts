/**
 * A chat's envelopes on their way: what is under way, what the relay has answered, and what is in doubt.
 *
 * Spec: docs/protocol/delivery.md §4.3.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import { nowMs } from '../device/context.ts';
import { isClientError } from '../errors.ts';
import { ENVELOPE } from './outbox-record.ts';
import { PutPause } from './put-pause.ts';
import type { Route } from './route.ts';
import type { SealedContent } from './sealing.ts';
import { markPut } from './sent.ts';

/** Envelopes under way at once: enough to keep a relay's group commits full. */
const MAX_IN_FLIGHT = 128;
/** What every envelope asks of a relay, so that none stands out (relay §2). */
const TTL_HOURS = 168;
const TTL_MS: number = TTL_HOURS * 3_600_000;

export interface PutEvents {
  /** There may be more to do. */
  again(): void;
  /** The mailbox that is put to is not there (any more). */
  gone(): void;
  /** The relay has these, and that is committed. */
  put(seqs: readonly number[]): void;
  failed(error: unknown): void;
}

export class Puts {
  readonly #session: ChatSession;
  readonly #route: Route;
  readonly #events: PutEvents;
  readonly #pause: PutPause;
  /** Sealed by this process and not put yet, by seq: these need not be read. */
  readonly #fresh = new Map<number, Uint8Array>();
  /** Put and not answered, by seq. */
  readonly #inFlight = new Map<number, Uint8Array>();
  /** Put and answered since the link is online: not to be put again on it. */
  readonly #settled = new Set<number>();
  /** Answered with ok, and not committed. */
  readonly #answered: number[] = [];
  #isAnswering = false;
  #stopped = false;

  constructor(session: ChatSession, route: Route, events: PutEvents) {
    this.#session = session;
    this.#route = route;
    this.#events = events;
    this.#pause = new PutPause(session.context.effects, () => events.again());
  }

  /** False while there is no connection, or the relay asked for a pause. */
  get isPossible(): boolean {
    return !this.#stopped && this.#route.isOnline && !this.#pause.holds;
  }

  /** How many more may be sealed to be put at once. */
  get room(): number {
    return Math.max(0, MAX_IN_FLIGHT - this.#inFlight.size - this.#fresh.size);
  }

  get isBusy(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Whether the relay may not have it, and nothing is under way that would tell. */
  isInDoubt(seq: number): boolean {
    return !this.#inFlight.has(seq) && !this.#settled.has(seq);
  }

  /** These are committed, and to be put. */
  sealed(contents: readonly SealedContent[]): void {
    for (const { seq, envelope } of contents) {
      // Of an envelope that was sealed before for this seq nothing counts any more.
      this.#settled.delete(seq);
      this.#inFlight.delete(seq);
      this.#fresh.set(seq, envelope);
    }
  }

  /** Puts what is sealed and not under way, in its order, as long as `ready`. */
  async putSealed(ready: () => boolean): Promise<void> {
    const { record, outbox, scope, context } = this.#session;
    this.#dropWithdrawn();
    this.#forgetCovered();
    const waits = (seq: number) => outbox.get(seq)?.sealed === true && this.isInDoubt(seq);
    for (let seq = record.covered + 1; seq <= record.sealedSeq; seq += 1) {
      if (waits(seq)) {
        const envelope = this.#fresh.get(seq) ?? (await context.vault.get(ENVELOPE, scope, seq));
        if (this.#inFlight.size >= MAX_IN_FLIGHT || !ready()) {
          return;
        }
        if (envelope !== undefined && waits(seq)) {
          this.#put({ seq, envelope });
        }
      }
    }
  }

  /** For what is not kept. Returns whether the relay has it. */
  async putOnce(envelope: Uint8Array | undefined): Promise<boolean> {
    if (envelope === undefined) {
      return false;
    }
    const { link, address } = this.#route.target;
    try {
      await link.put(address, envelope, TTL_HOURS);
      return true;
    } catch (error) {
      this.#refused(error, address);
      return false;
    }
  }

  /** The connection ended, or the route changed: whatever was put is in doubt. */
  lost(): void {
    this.#settled.clear();
  }

  /** §4.3: what the relay forgot by now and they did not acknowledge is put again. */
  expire(wallMs: number): void {
    for (const [seq, { putUntilMs }] of this.#session.outbox.entries()) {
      if (putUntilMs !== undefined && putUntilMs <= wallMs) {
        this.#settled.delete(seq);
      }
    }
  }

  /** Answers are committed together: while one commit runs, the next ones gather. */
  takeAnswers(): void {
    if (!this.#isAnswering && this.#answered.length > 0) {
      this.#isAnswering = true;
      this.#commitAnswers().catch((error: unknown) => this.#events.failed(error));
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#pause.end();
  }

  /** What was destroyed before it was put waits to be sealed anew, and takes no room until then. */
  #dropWithdrawn(): void {
    for (const seq of this.#fresh.keys()) {
      if (this.#session.outbox.get(seq)?.sealed !== true) {
        this.#fresh.delete(seq);
      }
    }
  }

  /** A connection may last for months. */
  #forgetCovered(): void {
    const { covered } = this.#session.record;
    for (const seq of this.#settled) {
      if (seq <= covered) {
        this.#settled.delete(seq);
      }
    }
  }

  #put({ seq, envelope }: SealedContent): void {
    const { link, address } = this.#route.target;
    this.#fresh.delete(seq);
    this.#inFlight.set(seq, envelope);
    // Sealed anew meanwhile, it is the new one whose answer counts.
    const isNewest = () => this.#inFlight.get(seq) === envelope && this.#inFlight.delete(seq);
    link.put(address, envelope, TTL_HOURS).then(
      () => {
        this.#pause.reset();
        if (isNewest()) {
          if (this.#route.leadsTo(address)) {
            this.#settled.add(seq);
          }
          // Otherwise they moved meanwhile, and may have read their old mailbox for the last time: once more to the new one.
          this.#answered.push(seq);
          this.takeAnswers();
        }
      },
      (error: unknown) => {
        isNewest();
        this.#refused(error, address);
      },
    );
  }

  async #commitAnswers(): Promise<void> {
    let seqs: number[] = [];
    try {
      while (this.#answered.length > 0) {
        await this.#session.change(async (change) => {
          seqs = this.#answered.splice(0);
          await markPut(change, seqs, nowMs(change.context) + TTL_MS);
          change.afterwards.push(() => this.#events.put(seqs));
        });
        seqs = [];
        this.#events.again();
      }
    } finally {
      this.#answered.unshift(...seqs);
      this.#isAnswering = false;
    }
  }

  #refused(error: unknown, address: Uint8Array): void {
    if (this.#stopped || isClientError(error, 'RELAY_UNREACHABLE', 'ABORTED', 'CLOSED')) {
      // The link tells when it is online again; then everything in doubt is put again.
      return;
    }
    if (isClientError(error) && error.relayCode === 'GONE' && this.#route.isNewest(address)) {
      this.#events.gone();
    }
    this.#pause.begin(isClientError(error) ? error.retryAfterMs : undefined);
  }
}
