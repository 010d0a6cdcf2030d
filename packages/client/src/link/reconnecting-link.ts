/**
 * The link to one relay: dials while it is held, and again after each end.
 *
 * Spec: docs/protocol/relay.md §1.6.
 *
 * @module
 */

import type { Cancel, Effects } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { abortable, requireWanted } from './abortable.ts';
import { Announcer } from './announcer.ts';
import { Backoff, type BackoffRange } from './backoff.ts';
import { PutQueue } from './put-queue.ts';
import { RelayConnection, unreachable } from './relay-connection.ts';
import type { CallOptions, LinkState, MailboxEvents, OwnMailbox, Watch } from './relay-link.ts';
import type { Transport } from './transport.ts';
import { Watches } from './watches.ts';

/** Between two tries: a relay that restarts is back within seconds, one that is gone is asked once a minute. */
export const RECONNECT_BACKOFF: BackoffRange = { firstMs: 500, maxMs: 60_000 };
/** A connection that lasted so long was good: the next failure is the first. One that the relay ends at once is not. */
export const GOOD_AFTER_MS = 30_000;
/** After the last hold: what is done right afterwards needs no new connection. */
export const LINGER_MS = 10_000;
/** What was handed over may take so long to be answered when everything ends; as long as a relay takes itself to stop. */
export const CLOSE_MS = 5_000;

export interface LinkOptions {
  readonly transport: Transport;
  readonly effects: Effects;
  readonly origin: string;
  readonly token: string | undefined;
}

/** A connection that is ready, and the envelopes that go over it. */
export interface Online {
  readonly connection: RelayConnection;
  readonly puts: PutQueue;
}

/** A call that waits for a connection. */
interface Waiting {
  start(online: Online): void;
  fail(error: ClientError): void;
}

export class ReconnectingLink {
  readonly #options: LinkOptions;
  readonly #announcer = new Announcer();
  readonly #watches: Watches;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<(state: LinkState) => void>();
  /** In the order of the calls. */
  readonly #waiting = new Set<Waiting>();
  /** Calls that were not answered yet. */
  readonly #calls = new Set<Promise<unknown>>();
  #state: LinkState = { state: 'idle' };
  #holds = 0;
  #isClosed = false;
  /** From the dialling to its end. */
  #connection: RelayConnection | undefined;
  #online: Online | undefined;
  #onlineSinceMs = 0;
  #cancelLinger: Cancel | undefined;
  #cancelRetry: Cancel | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#watches = new Watches(options.effects, this.#announcer);
    this.#backoff = new Backoff(options.effects.random, RECONNECT_BACKOFF);
  }

  get origin(): string {
    return this.#options.origin;
  }

  get state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): Cancel {
    // A listener of its own for each call, so that each can be cancelled alone.
    const own = (state: LinkState) => listener(state);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  hold(): Cancel {
    let isHeld = !this.#isClosed;
    if (isHeld) {
      this.#holds++;
      this.#cancelLinger?.();
      this.#cancelLinger = undefined;
      if (this.#state.state === 'idle') {
        this.#dial();
      }
    }
    return () => {
      if (isHeld) {
        isHeld = false;
        this.#release();
      }
    };
  }

  retryNow(): void {
    if (this.#state.state === 'waiting') {
      this.#dial();
    }
  }

  watch(mailbox: OwnMailbox, events: MailboxEvents): Watch {
    return this.#watches.add(mailbox, events);
  }

  /**
   * Runs `work` on the connection: this one, or the next if the caller waits. Work that was begun ends with the connection.
   *
   * @throws `ClientError` `CLOSED`, `ABORTED`, `RELAY_UNREACHABLE`, and what `work` throws
   */
  async call<T>({ wait = false, signal }: CallOptions, work: (online: Online) => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw closed();
    }
    requireWanted(signal);
    if (this.#online === undefined && !wait) {
      throw unreachable('there is no connection to the relay');
    }
    const release = this.hold();
    const begun = abortable(this.#begin(work, signal), signal);
    this.#calls.add(begun);
    try {
      return await begun;
    } finally {
      this.#calls.delete(begun);
      release();
    }
  }

  /** Refuses new calls, waits for the answers to what was handed over, but not for ever, and ends the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiting of [...this.#waiting]) {
      waiting.fail(closed());
    }
    const connection = this.#connection;
    await this.#within(CLOSE_MS, Promise.allSettled(this.#calls));
    this.#watches.stop();
    this.#rest();
    await this.#within(CLOSE_MS, connection?.closed);
  }

  #begin<T>(work: (online: Online) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (this.#online !== undefined) {
      return work(this.#online);
    }
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', forget);
      };
      const waiting: Waiting = {
        start(online) {
          forget();
          resolve(work(online));
        },
        fail(error) {
          forget();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      signal?.addEventListener('abort', forget);
    });
  }

  #release(): void {
    this.#holds--;
    if (this.#holds === 0 && !this.#isClosed) {
      this.#cancelLinger = this.#options.effects.clock.after(LINGER_MS, () => this.#rest());
    }
  }

  #dial(): void {
    const { transport, effects, origin, token } = this.#options;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const connection = new RelayConnection(
      { transport, clock: effects.clock, origin, token },
      {
        ready: () => this.#becameReady(connection),
        push: (push) => this.#watches.receive(push),
        ended: (error) => this.#ended(error),
      },
    );
    this.#connection = connection;
    this.#change({ state: 'connecting' });
    connection.open();
  }

  #becameReady(connection: RelayConnection): void {
    const { clock } = this.#options.effects;
    const online = { connection, puts: new PutQueue(connection, clock) };
    this.#online = online;
    this.#onlineSinceMs = clock.monotonicMs();
    this.#change({ state: 'online' });
    this.#watches.connected(connection);
    for (const waiting of [...this.#waiting]) {
      waiting.start(online);
    }
  }

  #ended(error: ClientError): void {
    const { clock } = this.#options.effects;
    const now = clock.monotonicMs();
    if (this.#online !== undefined && now - this.#onlineSinceMs >= GOOD_AFTER_MS) {
      this.#backoff.reset();
    }
    this.#online?.puts.end(error);
    this.#online = undefined;
    this.#connection = undefined;
    this.#watches.disconnected();
    if (this.#isWanted) {
      const waitMs = this.#backoff.next();
      this.#cancelRetry = clock.after(waitMs, () => this.#dial());
      this.#change({ state: 'waiting', retryAtMs: now + waitMs, reason: error.message });
    } else {
      this.#change({ state: 'idle' });
    }
  }

  get #isWanted(): boolean {
    return !this.#isClosed && (this.#holds > 0 || this.#cancelLinger !== undefined);
  }

  /** Nobody holds it any more. */
  #rest(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#connection !== undefined) {
      this.#connection.end('the link is not needed any more');
    } else if (this.#state.state !== 'idle') {
      this.#change({ state: 'idle' });
    }
  }

  #change(state: LinkState): void {
    this.#state = state;
    this.#announcer.announce(() => {
      for (const listener of [...this.#listeners]) {
        listener(state);
      }
    });
  }

  #within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.effects.clock.after(ms, resolve);
      const done = () => {
        cancel();
        resolve();
      };
      Promise.resolve(work).then(done, done);
    });
  }
}

function closed(): ClientError {
  return new ClientError('CLOSED', 'the links were closed');
}
