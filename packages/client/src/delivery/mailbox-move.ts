/**
 * Moving: a chat's mailbox gives way to a new one from time to time, so that no relay sees a lifelong queue.
 *
 * ```
 * prepare  a new mailbox is stored, and opened at its relay; nobody knows of it
 * promote  it becomes the chat's; the content `address` tells the other side. Both are read
 * close    the other side has committed it; the old one was read to its end once more, and is closed
 * ```
 *
 * Each step is one transaction, and looks at nothing but the record: a process that was killed goes on where it was.
 *
 * Spec: docs/protocol/delivery.md §11.
 *
 * @module
 */

import type { ChatRecord } from '../chat/chat-record.ts';
import type { ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import { deserializeMailbox, newMailbox, serializeMailbox } from '../link/mailbox.ts';
import { mayReach } from '../link/may-reach.ts';
import type { Transaction } from '../vault/transaction.ts';
import { type ChatMailboxes, knowsAddress, mailboxesOf } from './chat-mailboxes.ts';
import { hasMoveDue, type MoveLimits, untilMove, withMoveDue } from './move-limits.ts';
import { enqueueContent } from './sealing.ts';

/** Timers of a day at most: where a timer can be late by the time a machine slept, age is looked at in between. */
const LONGEST_WAIT_MS = 86_400_000;
/** A device whose relay was changed does not move all of its chats in one moment. */
const SPREAD_MS = 60_000;
/** After a step that failed: the disk is full. */
const RETRY_MS = 60_000;

/** What moving needs of the device. */
export interface MoveHost {
  /** The device's relay. */
  readonly relay: string;
  readonly idleWeeks: number;
  readonly moves: MoveLimits;
  /** Closes a mailbox at its relay once `transaction` is committed; call the result then. */
  closeMailbox(transaction: Transaction, relay: string, mailbox: Uint8Array): () => void;
}

export class MailboxMove {
  readonly #session: ChatSession;
  readonly #host: MoveHost;
  readonly #mailboxes: ChatMailboxes;
  readonly #moved: () => void;
  readonly #startMs: number;
  readonly #spread: number;
  #isWorking = false;
  #lookAgain = false;
  /** The old mailbox was subscribed to after its end was known to be its last one. */
  #readsLast = false;
  #timer: Cancel | undefined;
  #stopped = false;

  /** @param moved there is an `address` to be sent */
  constructor(session: ChatSession, host: MoveHost, mailboxes: ChatMailboxes, moved: () => void) {
    const { clock, random } = session.context.effects;
    this.#session = session;
    this.#host = host;
    this.#mailboxes = mailboxes;
    this.#moved = moved;
    this.#startMs = clock.monotonicMs();
    this.#spread = (random(1)[0] as number) / 256;
  }

  /** Watches every mailbox that the chat has. */
  start(): void {
    const { record } = this.#session;
    this.#readsLast = knowsAddress(record);
    for (const { role, relay, bytes } of mailboxesOf(record)) {
      this.#mailboxes.watch(role, relay, deserializeMailbox(bytes, this.#host.idleWeeks));
    }
    this.look();
  }

  /** Takes the next step, if it is time; one step at a time. */
  look(): void {
    if (this.#stopped || this.#session.forgotten) {
      return;
    }
    this.#lookAgain = true;
    if (!this.#isWorking) {
      this.#isWorking = true;
      this.#work().catch(() => this.#wait(RETRY_MS));
    }
  }

  /** What is being committed ends with the session. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.();
  }

  async #work(): Promise<void> {
    try {
      while (this.#lookAgain && !this.#stopped && !this.#session.forgotten) {
        this.#lookAgain = false;
        const { record } = this.#session;
        if (record.state === 'open' && record.mailbox !== undefined) {
          await this.#step(record);
        }
      }
    } finally {
      // In the same turn as the last look: what comes later finds nobody at work.
      this.#isWorking = false;
    }
  }

  #step(record: ChatRecord): Promise<void> {
    if (!hasMoveDue(record, this.#host.moves, this.#session.context.effects.clock.wallMs())) {
      return this.#begin();
    }
    if (record.oldMailbox !== undefined) {
      return this.#close(record);
    }
    if (record.nextMailbox !== undefined) {
      return record.nextRelay === this.#target(record) ? this.#promote() : this.#abandon(record.nextMailbox);
    }
    return this.#prepare(record);
  }

  /** A mailbox from before it was counted, or a chat that has just begun. */
  async #begin(): Promise<void> {
    await this.#session.change((change) => {
      change.record = withMoveDue(change.record, this.#host.moves, change.context.effects);
      this.#lookAgain = true;
    });
  }

  async #prepare(record: ChatRecord): Promise<void> {
    const { clock } = this.#session.context.effects;
    const relay = this.#target(record);
    const wait =
      relay === record.mailboxRelay
        ? untilMove(record, clock.wallMs())
        : Math.max(0, this.#startMs + this.#spread * SPREAD_MS - clock.monotonicMs());
    if (wait > 0) {
      this.#wait(wait);
      return;
    }
    if (!this.#isOnline(record)) {
      // Its mailboxes tell when they were read.
      return;
    }
    const bytes = await this.#session.change((change) => {
      const mailbox = newMailbox(change.context.effects.random, this.#host.idleWeeks);
      const bytes = serializeMailbox(mailbox);
      mailbox.owner.privateKey.wipe();
      change.record = { ...change.record, nextMailbox: bytes, nextRelay: relay };
      return bytes;
    });
    this.#mailboxes.watch('next', relay, deserializeMailbox(bytes, this.#host.idleWeeks));
  }

  /** The relay has it: now it is the one, and the other side is told. */
  async #promote(): Promise<void> {
    if (this.#mailboxes.get('next')?.wasRead !== true || !this.#mailboxes.wereRead) {
      return;
    }
    await this.#session.change((change) => {
      const { nextMailbox, nextRelay, mailbox, mailboxRelay, ...rest } = change.record;
      if (rest.state !== 'open' || !nextMailbox || !nextRelay || !mailbox || !mailboxRelay) {
        return;
      }
      const { address, owner } = deserializeMailbox(nextMailbox, this.#host.idleWeeks);
      owner.privateKey.wipe();
      change.record = rest;
      const addressSeq = enqueueContent(change, { type: 'address', relay: nextRelay, address });
      const moved = {
        ...change.record,
        ...{ mailbox: nextMailbox, mailboxRelay: nextRelay, oldMailbox: mailbox, oldRelay: mailboxRelay, addressSeq },
      };
      change.record = withMoveDue(moved, this.#host.moves, change.context.effects);
      change.afterwards.push(() => {
        this.#readsLast = false;
        this.#mailboxes.promote();
        this.#moved();
      });
    });
  }

  /** Closes the old mailbox, after all that can have been put into it was read. */
  async #close(record: ChatRecord): Promise<void> {
    if (!knowsAddress(record)) {
      return;
    }
    if (!this.#readsLast) {
      this.#readsLast = true;
      this.#mailboxes.get('old')?.again(this.#session.context.effects.clock.monotonicMs());
    }
    if (this.#mailboxes.get('old')?.wasReadAgain !== true) {
      return;
    }
    await this.#session.change((change) => {
      const { oldMailbox, oldRelay, addressSeq: _seq, ...rest } = change.record;
      if (oldMailbox !== undefined && oldRelay !== undefined) {
        change.record = rest;
        change.afterwards.push(
          () => this.#mailboxes.unwatch('old'),
          this.#host.closeMailbox(change.transaction, oldRelay, oldMailbox),
        );
      }
      this.#lookAgain = true;
    });
  }

  /** The device's relay was changed before the other side was told of the mailbox. */
  async #abandon(mailbox: Uint8Array): Promise<void> {
    await this.#session.change((change) => {
      const { nextMailbox: _mailbox, nextRelay, ...rest } = change.record;
      if (nextRelay !== undefined) {
        change.record = rest;
        change.afterwards.push(
          () => this.#mailboxes.unwatch('next'),
          this.#host.closeMailbox(change.transaction, nextRelay, mailbox),
        );
      }
      this.#lookAgain = true;
    });
  }

  /** The device's relay, unless the other side would not follow there. */
  #target({ routeRelay, mailboxRelay = routeRelay }: ChatRecord): string {
    return mayReach(this.#host.relay, routeRelay) ? this.#host.relay : mailboxRelay;
  }

  #isOnline({ mailboxRelay, routeRelay }: ChatRecord): boolean {
    const link = this.#session.context.links.get(mailboxRelay ?? routeRelay);
    return this.#mailboxes.wereRead && link.state.state === 'online';
  }

  #wait(ms: number): void {
    this.#timer?.();
    this.#timer = this.#session.context.effects.clock.after(Math.min(ms, LONGEST_WAIT_MS), () => this.look());
  }
}
