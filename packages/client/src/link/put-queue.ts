/**
 * Envelopes on their way into mailboxes, over one connection: in order, many at once, but never more than the connection
 * can be expected to take.
 *
 * Spec: docs/protocol/relay.md §3.2 and §4.3.
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { PutPace } from './put-pace.ts';
import type { RelayConnection } from './relay-connection.ts';

/**
 * Envelopes sent and not answered, in bytes: 64 small ones. It takes 20 seconds on 100 kbit/s, so that answers come well before
 * the connection counts as dead, and makes 320 puts a second over 200 ms.
 */
export const MAX_UNANSWERED_SIZE: number = 256 * 1024;

export interface Put {
  /** 32 bytes. */
  readonly address: Uint8Array;
  /** 4096 or 16,384 bytes; not changed until it is answered. */
  readonly envelope: Uint8Array;
  readonly ttlHours: number;
}

interface Queued {
  readonly put: Put;
  readonly signal: AbortSignal | undefined;
  resolve(): void;
  reject(error: ClientError): void;
}

export class PutQueue {
  readonly #connection: RelayConnection;
  readonly #clock: Clock;
  readonly #pace = new PutPace();
  readonly #queued: Queued[] = [];
  #unansweredSize = 0;
  #cancelWait: Cancel | undefined;

  constructor(connection: RelayConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Resolves once it is durable. One that was aborted before it was sent is not sent, and stays unresolved. */
  put(put: Put, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queued.push({ put, signal, resolve, reject });
      this.#send();
    });
  }

  /** The connection has ended, and what was sent has failed: what was not sent fails too, in order. */
  end({ code, message }: ClientError): void {
    this.#cancelWait?.();
    for (const queued of this.#queued.splice(0)) {
      queued.reject(new ClientError(code, message));
    }
  }

  #send(): void {
    while (this.#cancelWait === undefined && !this.#connection.hasEnded) {
      const [head] = this.#queued;
      if (head === undefined || !this.#hasRoomFor(head.put.envelope.length)) {
        return;
      }
      const now = this.#clock.monotonicMs();
      const wait = this.#pace.waitMs(now);
      if (wait > 0) {
        this.#cancelWait = this.#clock.after(wait, () => {
          this.#cancelWait = undefined;
          this.#send();
        });
        return;
      }
      this.#queued.shift();
      if (head.signal?.aborted !== true) {
        this.#request(head, this.#pace.sent(now));
      }
    }
  }

  #hasRoomFor(size: number): boolean {
    return this.#unansweredSize === 0 || this.#unansweredSize + size <= MAX_UNANSWERED_SIZE;
  }

  #request({ put, resolve, reject }: Queued, ticket: number): void {
    const size = put.envelope.length;
    this.#unansweredSize += size;
    const answered = () => {
      this.#unansweredSize -= size;
    };
    this.#connection.request(
      { op: 'put', ...put },
      {
        done: () => {
          answered();
          this.#pace.accepted();
          resolve();
          this.#send();
        },
        failed: (error) => {
          answered();
          if (error.relayCode === 'RATE_LIMITED') {
            this.#pace.limited(ticket, this.#clock.monotonicMs(), error.retryAfterMs ?? 0);
          }
          reject(error);
          this.#send();
        },
      },
    );
  }
}
