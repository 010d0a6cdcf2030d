/**
 * The pump of a chat: seals what waits, puts it, and puts it again after every doubt.
 *
 * Spec: docs/protocol/delivery.md §4 and §7.
 *
 * @module
 */

import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { failure } from '../failure.ts';
import { Retry, STORE_RETRY_MS } from '../retry.ts';
import { RECEIPT } from './outbox-record.ts';
import { Owed } from './owed.ts';
import { Puts } from './puts.ts';
import { Route } from './route.ts';
import { Sealer } from './sealer.ts';
import { sealUnsequenced } from './sealing.ts';

/** "Is typing" goes out so often at most, and only to someone who was there so recently (content §3.4). */
const TYPING_EVERY_MS = 4_000;
const HEARD_WITHIN_MS = 30_000;
/** How often expired envelopes are looked for. */
const EXPIRY_CHECK_MS = 3_600_000;
/** A request is put again so often: an answer `GONE` says that the invite may be over. */
const PROBE_MS = 600_000;

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

/** A `noop` that no relay has taken yet, and what was here and sent when it was sealed. */
interface Noop {
  readonly envelope: Uint8Array;
  readonly got: number;
  readonly sealedSeq: number;
}

export class Pump {
  readonly #session: ChatSession;
  readonly #hooks: PumpHooks;
  readonly #owed: Owed;
  readonly #route: Route;
  readonly #puts: Puts;
  readonly #sealer: Sealer;
  readonly #retry: Retry;
  #rounds: Promise<void> | undefined;
  #again = false;
  #isResumed = false;
  #typedAtMs = Number.NEGATIVE_INFINITY;
  #noop: Noop | undefined;
  #expiryTimer: Cancel | undefined;
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
    this.#sealer = new Sealer(session, this.#owed, this.#puts);
    this.#retry = new Retry(session.context.effects.clock, STORE_RETRY_MS, () => this.kick());
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

  /** Seals what a change has just enqueued if it can be put at once: one commit for both. */
  async sealInto(change: ChatChange): Promise<void> {
    if (this.#ready()) {
      await this.#sealer.sealInto(change);
    }
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
    this.#retry.stop();
    this.#puts.stop();
    await this.#rounds;
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped && !this.#session.forgotten) {
      this.#again = false;
      await this.#session.load();
      await this.#resume();
      this.#route.follow();
      if (this.#ready()) {
        await this.#round();
      }
    }
  }

  /** Once: what an earlier process owed is owed by this one. */
  async #resume(): Promise<void> {
    if (this.#isResumed) {
      return;
    }
    const { context, scope } = this.#session;
    const [receipt] = await context.vault.page(RECEIPT, scope, { limit: 1 });
    this.#isResumed = true;
    if (receipt !== undefined) {
      this.owesReceipts();
    }
    const { got, told } = this.#session.record;
    if (got > told) {
      this.owesAck();
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
    await this.#sealer.renewReceipts();
    await this.#puts.putSealed(() => this.#ready());
    if (this.#ready() && (await this.#sealer.sealNext())) {
      await this.#puts.putSealed(() => this.#ready());
      // There may be more than one batch.
      this.#again = true;
    } else if (this.#owed.ackDue) {
      await this.#acknowledge();
    }
    this.#tellQuiet();
  }

  /** §7.1: nothing carried the `ack`. No outbox holds a `noop`, so it counts once the relay has it. */
  async #acknowledge(): Promise<void> {
    const { record } = this.#session;
    const owes = this.#owed.owesAck || record.got > record.told;
    this.#owed.ackSealed();
    if (record.state === 'waiting' || !owes) {
      return;
    }
    let isTold = false;
    try {
      const noop = await this.#noopToPut();
      if (noop !== undefined && (await this.#puts.putOnce(noop.envelope))) {
        this.#noop = undefined;
        await this.#session.change((change) => {
          change.record = { ...change.record, told: Math.max(change.record.told, noop.got) };
        });
        isTold = noop.got >= record.got;
      }
    } finally {
      if (!isTold) {
        this.#owed.ackFailed();
      }
    }
  }

  /**
   * The one that was refused before, if it still says what is to be said. Each that is sealed uses up the turn (ratchet §7), and
   * the other side opens the next one only when something of this one arrives.
   */
  async #noopToPut(): Promise<Noop | undefined> {
    const { got, sealedSeq } = this.#session.record;
    if (this.#noop?.got !== got || this.#noop.sealedSeq !== sealedSeq) {
      const sealed = await this.#session.change((change) => ({
        envelope: sealUnsequenced(change, 'noop'),
        got: change.record.got,
        sealedSeq: change.record.sealedSeq,
      }));
      this.#noop = sealed.envelope === undefined ? this.#noop : { ...sealed, envelope: sealed.envelope };
    }
    return this.#noop;
  }

  /** The connection ended, or the route changed: whatever was put is in doubt. */
  #lost(): void {
    this.#puts.lost();
    this.#sealer.lost();
  }

  #tellQuiet(): void {
    // In a round that was cut short, what is sealed may not be under way.
    if (this.#ready() && !this.#puts.isBusy && !this.#owed.owesAck && !this.#again) {
      this.#hooks.quiet();
    }
  }

  /** §4.3: what the relay forgot by now and they did not acknowledge is put again. */
  #watchExpiry(): void {
    const waiting = this.#session.record.state === 'waiting';
    const { clock } = this.#session.context.effects;
    this.#expiryTimer = clock.after(waiting ? PROBE_MS : EXPIRY_CHECK_MS, () => {
      if (waiting) {
        this.#lost();
      }
      this.#puts.expire(clock.wallMs());
      this.kick();
      this.#watchExpiry();
    });
  }

  #failed(error: unknown): void {
    if (this.#stopped || this.#session.forgotten) {
      return;
    }
    const message = 'what was written could not be sent yet; trying again';
    this.#session.context.journal.tell(failure(error, message, this.#session.n));
    this.#retry.schedule();
  }
}
