/**
 * One mailbox that is watched, over connections that come and go.
 *
 * Spec: docs/protocol/relay.md §4.2 to §4.5.
 *
 * @module
 */

import { ID_SIZE, MAX_IDLE_WEEKS, MIN_IDLE_WEEKS } from '@secret-chat/wire';
import type { Cancel, Effects } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { Announcer } from './announcer.ts';
import { Backoff, type BackoffRange } from './backoff.ts';
import { openAndSubscribe } from './open-and-subscribe.ts';
import type { Push, RelayConnection } from './relay-connection.ts';
import type { MailboxEvents, OwnMailbox, Watch } from './relay-link.ts';

/** Who is refused (relay full, private, too many) stays refused for minutes rather than seconds. */
const REFUSED_BACKOFF: BackoffRange = { firstMs: 30_000, maxMs: 15 * 60_000 };
const MIN_REFUSED_MS = 5_000;

/** After an acknowledgement that the relay could not take: its disk is full, or its store failed. */
const ACKNOWLEDGE_AGAIN_MS = 5_000;

/**
 * A `subscribe` of a connection that ended before it was answered can take effect afterwards, until the relay notices the end:
 * twice its heartbeat of 30 seconds.
 */
const LATE_SUBSCRIBE_MS = 60_000;

/** On a connection that lasts: a mailbox is forgotten a week after it was opened, if the owner chose so (§4.2). */
const OPEN_AGAIN_MS = 86_400_000;

type Stage =
  /** No connection, or not its turn yet. */
  | 'waiting'
  /** `subscribe` was sent. */
  | 'asking'
  | 'subscribed'
  /** The relay refused; a timer runs. */
  | 'refused'
  /** Someone else subscribed. */
  | 'displaced'
  | 'stopped';

/** A subscription on one connection. */
interface Attempt {
  readonly connection: RelayConnection;
  /** Monotonic. */
  readonly askedAtMs: number;
}

/** What a watch needs of its link. */
export interface WatchHost {
  readonly effects: Effects;
  readonly announcer: Announcer;
  /** Asks for {@link MailboxWatch.subscribe} when it is this watch's turn; without a connection it does nothing. */
  enqueue(watch: MailboxWatch): void;
  /** The watch was stopped. */
  remove(watch: MailboxWatch): void;
}

export class MailboxWatch implements Watch {
  #mailbox: OwnMailbox;
  readonly #events: MailboxEvents;
  readonly #host: WatchHost;
  readonly #acknowledgements = new Acknowledgements((hashes) => this.#sendAcknowledgements(hashes));
  readonly #backoff: Backoff;
  #stage: Stage = 'waiting';
  /** While asking or subscribed. */
  #attempt: Attempt | undefined;
  #isDrained = false;
  /** Until then a displacement may be this link's own doing; monotonic. */
  #lateUntilMs = 0;
  #cancelTimer: Cancel | undefined;

  constructor(mailbox: OwnMailbox, events: MailboxEvents, host: WatchHost) {
    this.#mailbox = mailbox;
    this.#events = events;
    this.#host = host;
    this.#backoff = new Backoff(host.effects.random, REFUSED_BACKOFF);
  }

  get mailbox(): OwnMailbox {
    return this.#mailbox;
  }

  acknowledge(hash: Uint8Array): void {
    if (hash.length !== ID_SIZE) {
      throw new ClientError('INVALID_ARGUMENT', `an envelope is acknowledged by a hash of ${ID_SIZE} bytes`);
    }
    if (this.#stage === 'subscribed') {
      this.#acknowledgements.add(hash);
    }
  }

  renew(idleWeeks: number): void {
    if (!Number.isInteger(idleWeeks) || idleWeeks < MIN_IDLE_WEEKS || idleWeeks > MAX_IDLE_WEEKS) {
      throw new ClientError('INVALID_ARGUMENT', `a mailbox is kept for ${MIN_IDLE_WEEKS} to ${MAX_IDLE_WEEKS} weeks`);
    }
    this.#mailbox = { ...this.#mailbox, idleWeeks };
    if (this.#stage === 'subscribed') {
      this.#openAgain();
    }
  }

  stop(): void {
    if (this.#stage !== 'stopped') {
      this.#leave('stopped');
      this.#host.remove(this);
    }
  }

  /** True if it waits to be subscribed to on a new connection. */
  get isWaiting(): boolean {
    return this.#stage === 'waiting';
  }

  /** `answered` is called once the relay has answered, or the connection ended. */
  subscribe(connection: RelayConnection, answered: () => void): void {
    const attempt: Attempt = { connection, askedAtMs: this.#host.effects.clock.monotonicMs() };
    this.#stage = 'asking';
    this.#attempt = attempt;
    this.#isDrained = false;
    const { mailbox } = this;
    openAndSubscribe(connection, mailbox, {
      subscribed: () => {
        if (this.#attempt === attempt) {
          this.#stage = 'subscribed';
          this.#backoff.reset();
          if (this.#mailbox === mailbox) {
            this.#openLater();
          } else {
            this.#openAgain();
          }
          this.#tell((events) => events.subscribed());
        }
      },
      answered: (refusal) => {
        if (refusal !== undefined && this.#attempt === attempt) {
          this.#refused(attempt, refusal);
        }
        answered();
      },
    });
  }

  /** Takes what the relay says of this mailbox. Before the answer to `subscribe` it belongs to an earlier watch. */
  receive(push: Push): void {
    if (push.op === 'displaced') {
      this.#displaced();
    } else if (this.#stage !== 'subscribed') {
      return;
    } else if (push.op === 'envelope') {
      this.#tell((events) => events.envelope(push.envelope));
    } else if (!this.#isDrained && this.#attempt !== undefined) {
      const { askedAtMs } = this.#attempt;
      this.#isDrained = true;
      this.#tell((events) => events.drained(askedAtMs));
    }
  }

  /** The connection has ended. */
  disconnected(): void {
    if (this.#stage === 'displaced') {
      return;
    }
    const before = this.#stage;
    this.#leave('waiting');
    if (before === 'asking') {
      this.#lateUntilMs = this.#host.effects.clock.monotonicMs() + LATE_SUBSCRIBE_MS;
    } else if (before === 'subscribed') {
      this.#tell((events) => events.offline());
    }
  }

  #displaced(): void {
    if (this.#stage !== 'asking' && this.#stage !== 'subscribed') {
      return;
    }
    if (this.#host.effects.clock.monotonicMs() < this.#lateUntilMs) {
      // Once: whoever does it again is someone else.
      this.#lateUntilMs = 0;
      this.#leave('waiting');
      this.#host.enqueue(this);
      return;
    }
    this.#leave('displaced');
    this.#tell((events) => events.displaced());
  }

  #refused({ connection }: Attempt, error: ClientError): void {
    if (connection.hasEnded) {
      return;
    }
    this.#leave('refused');
    const wait = Math.max(this.#backoff.next(), error.retryAfterMs ?? MIN_REFUSED_MS);
    this.#cancelTimer = this.#host.effects.clock.after(wait, () => {
      this.#leave('waiting');
      this.#host.enqueue(this);
    });
    this.#tell((events) => events.refused(error));
  }

  /** What was named when the subscription ended in the same turn is forgotten: it comes again. */
  #sendAcknowledgements(hashes: readonly Uint8Array[]): void {
    const attempt = this.#attempt;
    attempt?.connection.request(
      { op: 'ack', address: this.mailbox.address, hashes },
      { done() {}, failed: (error) => this.#acknowledgementFailed(attempt, hashes, error) },
    );
  }

  #acknowledgementFailed(attempt: Attempt, hashes: readonly Uint8Array[], error: ClientError): void {
    if (this.#attempt !== attempt || attempt.connection.hasEnded) {
      return;
    }
    if (error.relayCode === 'DISPLACED') {
      this.#displaced();
    } else if (error.relayCode === 'NOT_SUBSCRIBED') {
      this.#refused(attempt, error);
    } else {
      // What stays unacknowledged takes up the relay's window (§4.4), and nothing more would come.
      this.#host.effects.clock.after(Math.max(error.retryAfterMs ?? 0, ACKNOWLEDGE_AGAIN_MS), () => {
        if (this.#attempt === attempt) {
          this.#acknowledgements.add(...hashes);
        }
      });
    }
  }

  #openLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#host.effects.clock.after(OPEN_AGAIN_MS, () => this.#openAgain());
  }

  /** Renews it. What is refused is asked for again a day later, or at the next connection. */
  #openAgain(): void {
    const { owner, random, idleWeeks } = this.#mailbox;
    const body = { op: 'open', ownerKey: owner.publicKey, random, idleWeeks } as const;
    this.#attempt?.connection.request(body, { done() {}, failed() {} }, owner);
    this.#openLater();
  }

  #tell(tell: (events: MailboxEvents) => void): void {
    this.#host.announcer.announce(() => {
      if (this.#stage !== 'stopped') {
        tell(this.#events);
      }
    });
  }

  /** Ends what the present stage began. */
  #leave(next: Stage): void {
    this.#stage = next;
    this.#attempt = undefined;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
