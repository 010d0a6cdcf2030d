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
  /** Bytes that the connection may be sent now. */
  readonly room: number;
  push(frame: Uint8Array): void;
  /** Runs `go` when there is room again; to be called while there is none. */
  whenRoom(go: () => void): void;
  /** Does not run `go` any more. */
  forget(go: () => void): void;
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
  /** The connection is behind: what is held waits in the store until there is room. */
  #isStalled = false;
  #saidDrained = false;
  readonly #goOn = (): void => {
    this.#isStalled = false;
    this.#schedule();
  };

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
    this.receiver.forget(this.#goOn);
  }

  /** An envelope became durable, or is known to be. One that was sent is not sent again before it is acknowledged. */
  stored({ hash, envelope }: EnvelopeItem): void {
    if (this.#isLive && this.#window > 0 && this.receiver.room > 0) {
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

  /** Envelopes that may be sent before others are acknowledged. */
  get #window(): number {
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
    const { store, mailbox, effects } = this.#options;
    if (this.#ended || this.#window <= 0 || this.#stallsWithoutRoom()) {
      return false;
    }
    // No more is read than the connection can take now: what is read and not sent has to be read again.
    const limit = Math.min(this.#window, Math.max(1, Math.floor(this.receiver.room / MAX_ENVELOPE_SIZE)));
    this.#hasNews = false;
    const now = Math.floor(effects.now() / 1000);
    const found = await store.read(mailbox, { limit, exclude: new Set(this.#unacknowledged), now });
    for (const { hash, envelope } of found) {
      if (this.#ended || this.#stallsWithoutRoom()) {
        return false;
      }
      this.#send(keyOf(hash), envelope);
    }
    if (this.#ended || found.length === limit || this.#hasNews) {
      return !this.#ended;
    }
    this.#isLive = true;
    if (!this.#saidDrained) {
      this.#saidDrained = true;
      this.receiver.push(encodeFrame(replySchemas, { op: 'drained', address: this.#options.address }));
    }
    return false;
  }

  /** True if the connection is behind; then reading goes on when it no longer is. */
  #stallsWithoutRoom(): boolean {
    if (this.receiver.room > 0) {
      return false;
    }
    this.#isStalled = true;
    this.receiver.whenRoom(this.#goOn);
    return true;
  }

  #send(hash: string, envelope: Uint8Array): void {
    if (!this.#unacknowledged.has(hash)) {
      this.#unacknowledged.add(hash);
      this.receiver.push(encodeFrame(replySchemas, { op: 'envelope', address: this.#options.address, envelope }));
    }
  }
}
