/**
 * Errands: what a relay is to be told about things that are over here, kept until it was told.
 *
 * Spec: docs/protocol/delivery.md §10.
 *
 * @module
 */

import { ed25519KeyPair } from '@secret-chat/crypto';
import type { Clock } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { mailboxAddress } from '../link/mailbox.ts';
import type { RelayLinks } from '../link/relay-link.ts';
import { Retry } from '../retry.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { ERRAND, type Errand } from './device-record.ts';

const RETRY_MS = 60_000;

export class Errands {
  readonly #vault: Vault;
  readonly #links: RelayLinks;
  readonly #waiting: Map<number, Errand>;
  readonly #running = new Map<number, Promise<void>>();
  readonly #abort = new AbortController();
  readonly #retry: Retry;
  #next: number;
  /** Whether the chat's `accept` is on the relay: before that, the other side must not learn that the invite is over. */
  readonly #isAccepted: (chat: number) => boolean;

  private constructor(
    vault: Vault,
    links: RelayLinks,
    clock: Clock,
    isAccepted: (chat: number) => boolean,
    errands: Iterable<readonly [number, Errand]>,
  ) {
    this.#vault = vault;
    this.#links = links;
    this.#isAccepted = isAccepted;
    this.#retry = new Retry(clock, RETRY_MS, () => this.run());
    this.#waiting = new Map(errands);
    this.#next = Math.max(0, ...this.#waiting.keys()) + 1;
  }

  static async load(
    vault: Vault,
    links: RelayLinks,
    clock: Clock,
    isAccepted: (chat: number) => boolean,
  ): Promise<Errands> {
    const errands = await vault.page(ERRAND, NO_SCOPE);
    return new Errands(
      vault,
      links,
      clock,
      isAccepted,
      errands.map(({ position, value }) => [position, value] as const),
    );
  }

  /** Adds an errand to `transaction`; call the result once that is committed. */
  add(transaction: Transaction, errand: Errand): () => void {
    const position = this.#next;
    this.#next += 1;
    transaction.put(ERRAND, NO_SCOPE, position, errand);
    return () => {
      this.#waiting.set(position, errand);
      this.run();
    };
  }

  /** How many were not carried out yet. */
  get left(): number {
    return this.#waiting.size;
  }

  /** The relays have forgotten by themselves what they were to be told. */
  async giveUp(): Promise<void> {
    for (const position of [...this.#waiting.keys()]) {
      await this.#remove(position);
    }
  }

  /** Sets out for everything that waits and may be done. */
  run(): void {
    for (const [position, errand] of this.#waiting) {
      const held = errand.afterChat !== undefined && !this.#isAccepted(errand.afterChat);
      if (!held && !this.#running.has(position) && !this.#abort.signal.aborted) {
        this.#running.set(
          position,
          this.#carryOut(position, errand)
            .catch(() => this.#retry.schedule())
            .finally(() => this.#running.delete(position)),
        );
      }
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#retry.stop();
    await Promise.all(this.#running.values());
  }

  async #carryOut(position: number, errand: Errand): Promise<void> {
    try {
      await this.#tell(errand);
    } catch (error) {
      // Gone is as good as removed; whoever does not own it will not later either.
      const done = isClientError(error) && (error.relayCode === 'GONE' || error.relayCode === 'BAD_PROOF');
      if (!done) {
        throw error;
      }
    }
    await this.#remove(position);
  }

  async #remove(position: number): Promise<void> {
    const transaction = this.#vault.begin();
    transaction.delete(ERRAND, NO_SCOPE, position);
    await transaction.commit();
    this.#waiting.delete(position);
  }

  async #tell({ what, relay, seed, id }: Errand): Promise<void> {
    const owner = ed25519KeyPair(new Uint8Array(seed));
    const link = this.#links.get(relay);
    const options = { wait: true, signal: this.#abort.signal };
    try {
      if (what === 'closeMailbox') {
        const address = mailboxAddress(owner.publicKey, id);
        await link.closeMailbox({ owner, random: id, address, idleWeeks: 1 }, options);
      } else {
        await link.removeCard({ owner, inviteId: id }, options);
      }
    } finally {
      owner.privateKey.wipe();
    }
  }
}
