/**
 * One subscription: sends what a mailbox holds, oldest first, then each envelope as it comes.
 *
 * Spec: docs/protocol/relay.md §4.4.
 *
 * @module
 */

import { encodeFrame, MAX_ENVELOPE_SIZE, replySchemas } from '@secret-chat/wire';
import type { Effects } from '../effects.ts';
import type { EnvelopeItem, RelayStore } from '../store/relay-store.ts';
import { keyOf } from './hash.ts';
import type { ReadTurns } from './read-turns.ts';

/** After a failure of the store. */
const RETRY_MS = 1_000;

/** Where envelopes go. */
export interface Receiver {
  /** Bytes that the connection has not taken yet. */
  readonly backlog: number;
  /** @param flushed called when the connection has taken this frame */
  push(frame: Uint8Array, flushed?: () => void): void;
}

export interface SubscriptionOptions {
  readonly store: RelayStore;
  readonly turns: ReadTurns;
  readonly effects: Effects;
  readonly address: Uint8Array;
  /** SHA-256 of the address. */
  readonly mailbox: Uint8Array;
  /** Envelopes sent and not acknowledged, at most. */
  readonly window: number;
  /** With more bytes than this waiting for the connection, envelopes stay in the store. */
  readonly backlogBytes: number;
}

export class Subscription {
  readonly receiver: Receiver;
  readonly #options: SubscriptionOptions;
  /** Hashes of envelopes sent and not acknowledged. */
  readonly #unacknowledged = new Set<string>();
  #ended = false;
  /** Everything held has been sent: what comes now need not be read. */
  #isLive = false;
  #isReading = false;
  /** Something was stored while a read was under way. */
  #hasNews = false;
  #isScheduled = false;
  /** A read was asked for while one was under way. */
  #isWanted = false;
  /** The connection is behind: go on when it has taken what was sent. */
  #isStalled = false;
  #saidDrained = false;

  constructor(receiver: Receiver, options: SubscriptionOptions) {
    this.receiver = receiver;
    this.#options = options;
  }

  start(): void {
    void this.#read();
  }

  end(): void {
    this.#ended = true;
    this.#unacknowledged.clear();
  }

  /** An envelope became durable. */
  stored({ hash, envelope }: EnvelopeItem): void {
    if (this.#isLive && !this.#isStalled && this.#room > 0) {
      this.#send(keyOf(hash), envelope);
    } else {
      this.#isLive = false;
      this.#hasNews = true;
      this.#schedule();
    }
  }

  /** Envelopes were acknowledged and removed. */
  acknowledged(hashes: readonly Uint8Array[]): void {
    for (const hash of hashes) {
      this.#unacknowledged.delete(keyOf(hash));
    }
    if (!this.#isLive) {
      this.#schedule();
    }
  }

  get #room(): number {
    return this.#options.window - this.#unacknowledged.size;
  }

  /** Acknowledgements of the same turn make one read. */
  #schedule(): void {
    if (this.#isReading) {
      this.#isWanted = true;
    } else if (!this.#isScheduled && !this.#isStalled && !this.#ended) {
      this.#isScheduled = true;
      this.#options.effects.soon(() => {
        this.#isScheduled = false;
        void this.#read();
      });
    }
  }

  async #read(): Promise<void> {
    if (this.#isReading || this.#isStalled || this.#ended) {
      return;
    }
    this.#isReading = true;
    this.#isWanted = false;
    try {
      while (await this.#options.turns.run(this.receiver, () => this.#readOnce())) {}
    } catch {
      this.#options.effects.after(RETRY_MS, () => this.#schedule());
    } finally {
      this.#isReading = false;
      if (this.#isWanted) {
        this.#schedule();
      }
    }
  }

  /** True if there may be more to send at once. */
  async #readOnce(): Promise<boolean> {
    const { store, mailbox, effects, backlogBytes } = this.#options;
    if (this.#ended) {
      return false;
    }
    // No more is read than the connection can take now: what is read and not sent would have to be read again.
    const sendable = Math.floor(Math.max(0, backlogBytes - this.receiver.backlog) / MAX_ENVELOPE_SIZE);
    const limit = Math.min(this.#room, Math.max(1, sendable));
    if (limit <= 0) {
      return false;
    }
    this.#hasNews = false;
    const now = Math.floor(effects.now() / 1000);
    const found = await store.read(mailbox, { limit, exclude: new Set(this.#unacknowledged), now });
    for (const { hash, envelope } of found) {
      if (this.#ended || this.#isStalled) {
        return false;
      }
      this.#send(keyOf(hash), envelope);
    }
    if (this.#ended || this.#isStalled || found.length === limit || this.#hasNews) {
      return !this.#ended && !this.#isStalled;
    }
    this.#isLive = true;
    if (!this.#saidDrained) {
      this.#saidDrained = true;
      this.receiver.push(encodeFrame(replySchemas, { op: 'drained', address: this.#options.address }));
    }
    return false;
  }

  #send(hash: string, envelope: Uint8Array): void {
    if (this.#unacknowledged.has(hash)) {
      return;
    }
    this.#unacknowledged.add(hash);
    const frame = encodeFrame(replySchemas, { op: 'envelope', address: this.#options.address, envelope });
    if (this.receiver.backlog + frame.length < this.#options.backlogBytes) {
      this.receiver.push(frame);
      return;
    }
    this.#isStalled = true;
    this.#isLive = false;
    this.receiver.push(frame, () => {
      this.#isStalled = false;
      this.#schedule();
    });
  }
}
