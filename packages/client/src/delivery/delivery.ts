/**
 * The delivery of one chat: what comes in, what goes out, and the mailboxes in between, each told of the others.
 *
 * Spec: docs/protocol/delivery.md.
 *
 * @module
 */

import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import { failure } from '../failure.ts';
import { finishClearing } from '../life/clearing.ts';
import { Retry, STORE_RETRY_MS } from '../retry.ts';
import { Inbox } from './inbox.ts';
import { MailboxMove, type MoveHost } from './mailbox-move.ts';
import { Pump } from './pump.ts';

export interface DeliveryEvents {
  /** The relay has these. */
  put(seqs: readonly number[]): void;
  /** The mailbox that is put to is not there (any more). */
  gone(): void;
  /** What was sealed is on the relay and nothing is owed. */
  quiet(): void;
}

export class Delivery {
  readonly #session: ChatSession;
  readonly #host: MoveHost;
  readonly #inbox: Inbox;
  readonly #pump: Pump;
  readonly #move: MailboxMove;
  readonly #clearing: Retry;

  constructor(session: ChatSession, host: MoveHost, events: DeliveryEvents) {
    this.#session = session;
    this.#host = host;
    this.#inbox = new Inbox(session, {
      progressed: () => this.#progressed(),
      owesAck: () => this.#pump.owesAck(),
    });
    this.#pump = new Pump(session, {
      ready: () => this.#inbox.mailboxes.wereRead,
      heardAtMs: () => this.#inbox.heardAtMs,
      gone: () => events.gone(),
      put: (seqs) => events.put(seqs),
      quiet: () => events.quiet(),
    });
    this.#move = new MailboxMove(session, host, this.#inbox.mailboxes, () => this.#pump.kick());
    this.#clearing = new Retry(session.context.effects.clock, STORE_RETRY_MS, () => this.#progressed());
  }

  /** Subscribes to the chat's mailboxes, and goes on with what an earlier process has left. */
  start(): void {
    this.#move.start();
    this.#pump.kick();
  }

  /** The relays are to keep the chat's mailboxes for another time. */
  renew(): void {
    this.#inbox.mailboxes.renew(this.#host.idleWeeks);
  }

  async stop(): Promise<void> {
    this.#move.stop();
    this.#clearing.stop();
    await Promise.all([this.#inbox.stop(), this.#pump.stop()]);
    await this.#session.idle();
  }

  /** Contents wait to be sealed. */
  kick(): void {
    this.#pump.kick();
  }

  /** A text waits to be sealed, and a receipt may come of it. */
  said(): void {
    this.#inbox.awaitReceipts();
    this.#pump.kick();
  }

  /** Something was read here. */
  owesReceipts(): void {
    this.#pump.owesReceipts();
  }

  /** Somebody types here. */
  typing(): void {
    this.#pump.typing().catch(() => {});
  }

  /** Seals what a change has just enqueued if it can be put at once: one commit for both. */
  sealInto(change: ChatChange): Promise<void> {
    return this.#pump.sealInto(change);
  }

  /** Sends what can be sent now. */
  flush(): Promise<void> {
    return this.#pump.flush();
  }

  /** Destroys what was cleared; then what waits may go out. */
  async finishClearing(): Promise<void> {
    try {
      await finishClearing(this.#session);
    } catch (error) {
      if (!this.#session.forgotten) {
        this.#clearing.schedule();
      }
      throw error;
    }
    this.#pump.kick();
  }

  #progressed(): void {
    if (this.#session.record.clearing === true) {
      this.finishClearing().catch((error: unknown) => this.#failed(error));
    } else {
      this.#pump.kick();
      this.#move.look();
    }
  }

  /** Nothing is sent before it is done. */
  #failed(error: unknown): void {
    if (!this.#session.forgotten) {
      const message = 'what was cleared could not be destroyed yet; trying again';
      this.#session.context.journal.tell(failure(error, message, this.#session.n));
    }
  }
}
