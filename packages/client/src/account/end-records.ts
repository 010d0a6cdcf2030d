/**
 * The ends of the chats of a deleted account: each is put once, to be kept as long as a relay keeps anything.
 *
 * Spec: docs/protocol/delivery.md §13.
 *
 * @module
 */

import type { Clock } from '../effects.ts';
import { isClientError } from '../errors.ts';
import type { RelayLinks } from '../link/relay-link.ts';
import { Retry } from '../retry.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Vault } from '../vault/vault.ts';
import { END_RECORD, type EndRecord } from './deletion-record.ts';

/** 30 days: the other side may be away for long. */
const TTL_HOURS = 720;
const RETRY_MS = 60_000;

export class EndRecords {
  readonly #vault: Vault;
  readonly #links: RelayLinks;
  readonly #waiting = new Map<number, EndRecord>();
  readonly #running = new Map<number, Promise<void>>();
  readonly #abort = new AbortController();
  readonly #retry: Retry;

  constructor(vault: Vault, links: RelayLinks, clock: Clock) {
    this.#vault = vault;
    this.#links = links;
    this.#retry = new Retry(clock, RETRY_MS, () => this.run());
  }

  /** How many are not told yet. */
  get left(): number {
    return this.#waiting.size;
  }

  async load(): Promise<void> {
    for (const { position, value } of await this.#vault.page(END_RECORD, NO_SCOPE)) {
      this.#waiting.set(position, value);
    }
  }

  /** Sets out for everything that waits. */
  run(): void {
    for (const [position, record] of this.#waiting) {
      if (!this.#running.has(position) && !this.#abort.signal.aborted) {
        this.#running.set(
          position,
          this.#put(position, record)
            .catch(() => this.#retry.schedule())
            .finally(() => this.#running.delete(position)),
        );
      }
    }
  }

  /** Nobody would be reached any more. */
  async giveUp(): Promise<void> {
    for (const position of [...this.#waiting.keys()]) {
      await this.#remove(position);
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#retry.stop();
    await Promise.all(this.#running.values());
  }

  async #put(position: number, { relay, address, envelope }: EndRecord): Promise<void> {
    try {
      const options = { wait: true, signal: this.#abort.signal };
      await this.#links.get(relay).put(address, envelope, TTL_HOURS, options);
    } catch (error) {
      // Who has closed their mailbox has ended the chat, too; and what can never be dialled is nobody's.
      const isOver = isClientError(error) && (error.relayCode === 'GONE' || error.code === 'INVALID_ARGUMENT');
      if (!isOver) {
        throw error;
      }
    }
    await this.#remove(position);
  }

  async #remove(position: number): Promise<void> {
    const transaction = this.#vault.begin();
    transaction.delete(END_RECORD, NO_SCOPE, position);
    await transaction.commit();
    this.#waiting.delete(position);
  }
}
