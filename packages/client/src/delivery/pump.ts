/**
 * The pump of a chat: seals what waits, puts it, and puts it again after every doubt.
 *
 * Spec: docs/protocol/delivery.md §4 and §7.
 *
 * @module
 */

import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { RECEIPT } from './outbox-record.ts';
import { Owed } from './owed.ts';
import { Puts } from './puts.ts';
import { enqueueReceipts, RECEIPT_CONTENTS } from './receipts.ts';
import { isReceipt, renewReceipts } from './renew-receipts.ts';
import { Route } from './route.ts';
import { maySeal, type SealedContent, sealUnsequenced, sealWaiting, windowHasRoom } from './sealing.ts';

/** Contents that one commit seals. */
const BATCH = 64;
/** "Is typing" goes out so often at most, and only to someone who was there so recently (content §3.4). */
const TYPING_EVERY_MS = 4_000;
const HEARD_WITHIN_MS = 30_000;
/** How often expired envelopes are looked for. */
const EXPIRY_CHECK_MS = 3_600_000;
/** A request is put again so often: an answer `GONE` says that the invite may be over. */
const PROBE_MS = 600_000;
const RETRY_MS = 5_000;

/** What the pump has to know of the chat's own mailbox, and whom it tells. */
export interface PumpHooks {
  /** Nothing is sent before (§8). */
  ready(): boolean;
  heardAtMs(): number;
  /** The mailbox that is put to is not there (any more). */
  gone(): void;
  /** Something was answered by the relay. */
  put(seqs: readonly number[]): void;
  /** What was sealed is on the relay and nothing is owed. */
  quiet(): void;
}

export class Pump {
  readonly #session: ChatSession;
  readonly #hooks: PumpHooks;
  readonly #owed: Owed;
  readonly #route: Route;
  readonly #puts: Puts;
  /** Something may have been put without an answer: at an earlier connection, or by an earlier process. */
  #inDoubt = true;
  #rounds: Promise<void> | undefined;
  #again = false;
  #typedAtMs = Number.NEGATIVE_INFINITY;
  #expiryTimer: Cancel | undefined;
  #retryTimer: Cancel | undefined;
  #stopped = false;

  constructor(session: ChatSession, hooks: PumpHooks) {
    this.#session = session;
    this.#hooks = hooks;
    this.#owed = new Owed(session.context.effects, () => this.kick());
    this.#route = new Route(session, { online: () => this.kick(), offline: () => this.#lost() });
    this.#puts = new Puts(session, this.#route, {
      again: () => this.kick(),
      gone: () => hooks.gone(),
      put: (seqs) => hooks.put(seqs),
      failed: (error) => this.#failed(error),
    });
    this.#watchExpiry();
  }

  /** Looks for something to do. */
  kick(): void {
    if (this.#stopped) {
      return;
    }
    this.#again = true;
    this.#puts.takeAnswers();
    this.#rounds ??= this.#run()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#rounds = undefined;
        if (this.#again && !this.#session.forgotten) {
          // Asked for after the last look.
          this.kick();
        }
      });
  }

  /** Something came that is to be acknowledged, by the next content or by a `noop`. */
  owesAck(): void {
    const { got, told } = this.#session.record;
    this.#owed.ack(got - told);
  }

  /** Something was read here. */
  owesReceipts(): void {
    this.#owed.receipts();
  }

  /** Says "is typing" if it is time, and they are there. */
  async typing(): Promise<void> {
    const now = this.#session.context.effects.clock.monotonicMs();
    const heard = now - this.#hooks.heardAtMs() < HEARD_WITHIN_MS;
    if (!heard || now - this.#typedAtMs < TYPING_EVERY_MS || !this.#ready() || this.#session.record.state !== 'open') {
      return;
    }
    this.#typedAtMs = now;
    const envelope = await this.#session.change((change) => sealUnsequenced(change, 'typing'));
    await this.#puts.putOnce(envelope);
  }

  /** Puts what can be put at once, and what is owed; resolves when nothing more can be done now. */
  async flush(): Promise<void> {
    this.#owed.now();
    this.kick();
    while (this.#rounds !== undefined || (this.#puts.isBusy && this.#ready())) {
      await (this.#rounds ?? Promise.resolve());
      await new Promise<void>((resolve) => this.#session.context.effects.clock.after(1, resolve));
    }
    await this.#session.idle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#route.leave();
    this.#owed.stop();
    this.#expiryTimer?.();
    this.#retryTimer?.();
    this.#puts.stop();
    await this.#rounds;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped && !this.#session.forgotten) {
      this.#again = false;
      await this.#session.load();
      this.#route.follow();
      if (this.#ready()) {
        await this.#round();
      }
    }
  }

  #ready(): boolean {
    const { state } = this.#session.record;
    return (
      !this.#stopped &&
      this.#session.record.clearing !== true &&
      this.#puts.isPossible &&
      (state === 'waiting' || this.#hooks.ready()) &&
      (state === 'open' || state === 'waiting' || state === 'ended')
    );
  }

  async #round(): Promise<void> {
    // What was sealed before goes first, so that the order holds after a connection that ended.
    await this.#renewReceipts();
    await this.#puts.putSealed(() => this.#ready());
    if (this.#ready() && (await this.#seal())) {
      await this.#puts.putSealed(() => this.#ready());
      // There may be more than one batch.
      this.#again = true;
    } else if (this.#owed.ackDue) {
      await this.#acknowledge();
    }
    this.#tellQuiet();
  }

  /** Seals what a change has just enqueued if it can be put at once: one commit for both. What is sealed anew waits for its round. */
  async sealInto(change: ChatChange): Promise<void> {
    const seqs = this.#unsealed(change);
    if (this.#ready() && seqs.every((seq) => seq > change.record.sealedSeq)) {
      this.#sealedIn(change, await sealWaiting(change, seqs, this.#puts.room));
    }
  }

  /** Seals the next batch, and receipts behind it when nothing else waits. Returns whether there was something. */
  async #seal(): Promise<boolean> {
    const room = Math.min(BATCH, this.#puts.room);
    if (room === 0 || (!this.#owed.receiptsDue && this.#unsealed(this.#session).length === 0)) {
      return false;
    }
    return this.#session.change(async (change) => {
      const out = await sealWaiting(change, this.#unsealed(change), room);
      if (
        this.#owed.receiptsDue &&
        change.record.state === 'open' &&
        maySeal(change) &&
        this.#unsealed(change).length === 0 &&
        windowHasRoom(change, RECEIPT_CONTENTS)
      ) {
        const first = change.record.nextSeq;
        const left = await enqueueReceipts(change, change.context.life.nowMs());
        const added = Array.from({ length: change.record.nextSeq - first }, (_, i) => first + i);
        out.push(...(await sealWaiting(change, added, added.length)));
        change.afterwards.push(() => this.#owed.receiptsSealed(left));
      }
      this.#sealedIn(change, out);
      return out.length > 0;
    });
  }

  /** Once the change is committed, these are to be put. */
  #sealedIn(change: ChatChange, sealed: readonly SealedContent[]): void {
    if (sealed.length > 0) {
      change.afterwards.push(() => {
        this.#owed.ackSealed();
        this.#puts.sealed(sealed);
      });
    }
  }

  /** Seqs that may be sealed, a batch of them at most; before the chat is open the request is all there is. */
  #unsealed({ record, outbox }: Pick<ChatChange, 'record' | 'outbox'> | ChatSession): number[] {
    const out: number[] = [];
    const last = record.state === 'waiting' ? 1 : Math.min(record.nextSeq - 1, record.sealedSeq + BATCH);
    for (let seq = record.covered + 1; seq <= last && out.length < BATCH; seq += 1) {
      if (outbox.get(seq)?.sealed === false) {
        out.push(seq);
      }
    }
    return out;
  }

  /**
   * Timers §9: receipts whose first put was not answered are in doubt, and those that are sealed anew did not arrive; fresh ones
   * go behind them.
   */
  async #renewReceipts(): Promise<void> {
    const { outbox } = this.#session;
    const isLate = (seq: number) => {
      const entry = outbox.get(seq);
      return entry?.sealedMs !== undefined && isReceipt(entry.type) && !entry.put && entry.renewed !== true;
    };
    const late = this.#unsealed(this.#session).filter(isLate);
    if (this.#inDoubt) {
      this.#inDoubt = false;
      for (const [seq, { sealed }] of outbox.entries()) {
        if (sealed && this.#puts.isInDoubt(seq) && isLate(seq)) {
          late.push(seq);
        }
      }
    }
    if (late.length > 0) {
      await this.#session.change((change) => renewReceipts(change, late));
      this.#owed.receiptsNow();
    }
  }

  /** §7.1: nothing carried the `ack`. */
  async #acknowledge(): Promise<void> {
    const { record } = this.#session;
    const owes = this.#owed.owesAck || record.got > record.told;
    this.#owed.ackSealed();
    if (record.state === 'waiting' || !owes) {
      return;
    }
    const envelope = await this.#session.change((change) => sealUnsequenced(change, 'noop'));
    if (!(await this.#puts.putOnce(envelope))) {
      this.#owed.ackFailed();
    }
  }

  /** The connection ended, or the route changed: whatever was put is in doubt. */
  #lost(): void {
    this.#puts.lost();
    this.#inDoubt = true;
  }

  #tellQuiet(): void {
    if (!this.#puts.isBusy && !this.#owed.owesAck && !this.#again) {
      this.#hooks.quiet();
    }
  }

  /** §4.3: what the relay forgot by now and they did not acknowledge is put again. */
  #watchExpiry(): void {
    const waiting = this.#session.record.state === 'waiting';
    this.#expiryTimer = this.#after(waiting ? PROBE_MS : EXPIRY_CHECK_MS, () => {
      if (waiting) {
        this.#lost();
      }
      this.#puts.expire(this.#session.context.effects.clock.wallMs());
      this.kick();
      this.#watchExpiry();
    });
  }

  #after(ms: number, run: () => void): Cancel {
    return this.#session.context.effects.clock.after(ms, run);
  }

  #failed(error: unknown): void {
    if (this.#stopped || this.#session.forgotten) {
      return;
    }
    const code = isClientError(error) ? error.code : 'STORE_FAILED';
    const message = 'what was written could not be sent yet; trying again';
    this.#session.context.journal.tell({ type: 'error', chat: this.#session.n, code, message });
    this.#retryTimer ??= this.#after(RETRY_MS, () => {
      this.#retryTimer = undefined;
      this.kick();
    });
  }

  /** Whether receipts wait from an earlier process. */
  async resume(): Promise<void> {
    const { vault } = this.#session.context;
    const [receipt] = await vault.page(RECEIPT, this.#session.scope, { limit: 1 });
    if (receipt !== undefined) {
      this.owesReceipts();
    }
    const { got, told, endedByThem } = this.#session.record;
    if (got > told || endedByThem === true) {
      // That the last one was sealed does not mean that it was put; who ended a chat waits for it, and hears nothing else.
      this.owesAck();
    }
    this.kick();
  }
}
