/**
 * Pieces that a relay is to delete, kept until it has: what was cancelled, forgotten, or never got as far as a message.
 *
 * An errand is committed before the first of its pieces can be on the relay, and **held** while the file is being spooled:
 * a process that is killed then leaves errands, and the next one carries them out.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import type { Clock } from '../effects.ts';
import { isClientError } from '../errors.ts';
import type { PieceTransport } from '../link/piece-transport.ts';
import { Retry } from '../retry.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { ERRAND_PIECES, PIECE_ERRAND, type PieceCapability, type PieceErrand } from './transfer-record.ts';

const RETRY_MS = 60_000;

export class PieceErrands {
  readonly #vault: Vault;
  readonly #transport: PieceTransport;
  readonly #waiting: Map<number, PieceErrand>;
  readonly #abort = new AbortController();
  readonly #retry: Retry;
  #next: number;
  #running: Promise<void> | undefined;

  private constructor(vault: Vault, transport: PieceTransport, clock: Clock, waiting: Map<number, PieceErrand>) {
    this.#vault = vault;
    this.#transport = transport;
    this.#waiting = waiting;
    this.#next = Math.max(0, ...waiting.keys()) + 1;
    this.#retry = new Retry(clock, RETRY_MS, () => this.run());
  }

  static async load(vault: Vault, transport: PieceTransport, clock: Clock): Promise<PieceErrands> {
    const stored = await vault.page(PIECE_ERRAND, NO_SCOPE);
    const waiting = new Map(stored.map(({ position, value }) => [position, value] as const));
    return new PieceErrands(vault, transport, clock, waiting);
  }

  /** Adds errands for `pieces` to `transaction`; call the result once that is committed, and may be carried out. */
  add(transaction: Transaction, relay: string, pieces: readonly PieceCapability[]): () => void {
    const added: [number, PieceErrand][] = [];
    for (let first = 0; first < pieces.length; first += ERRAND_PIECES) {
      const errand = { relay, pieces: pieces.slice(first, first + ERRAND_PIECES) };
      added.push([this.#give(), errand]);
    }
    for (const [position, errand] of added) {
      transaction.put(PIECE_ERRAND, NO_SCOPE, position, errand);
    }
    return () => {
      for (const [position, errand] of added) {
        this.#waiting.set(position, errand);
      }
      this.run();
    };
  }

  /** Commits an errand that is not carried out in this process before it is released. Returns its position. */
  async hold(errand: PieceErrand): Promise<number> {
    const position = this.#give();
    const transaction = this.#vault.begin();
    transaction.put(PIECE_ERRAND, NO_SCOPE, position, errand);
    await transaction.commit();
    return position;
  }

  /** Drops held errands with `transaction`: their pieces belong to a message now. */
  withdraw(transaction: Transaction, positions: Iterable<number>): void {
    for (const position of positions) {
      transaction.delete(PIECE_ERRAND, NO_SCOPE, position);
    }
  }

  /** Held errands are to be carried out: nothing came of their file. */
  async release(positions: Iterable<number>): Promise<void> {
    for (const position of positions) {
      const errand = await this.#vault.get(PIECE_ERRAND, NO_SCOPE, position);
      if (errand !== undefined) {
        this.#waiting.set(position, errand);
      }
    }
    this.run();
  }

  /** How many wait, of those that may be carried out. */
  get left(): number {
    return this.#waiting.size;
  }

  /** The relays have deleted by themselves what they were to delete. */
  async giveUp(): Promise<void> {
    for (const position of [...this.#waiting.keys()]) {
      const transaction = this.#vault.begin();
      transaction.delete(PIECE_ERRAND, NO_SCOPE, position);
      await transaction.commit();
      this.#waiting.delete(position);
    }
  }

  /** Sets out for everything that waits. */
  run(): void {
    if (this.#abort.signal.aborted || this.#waiting.size === 0) {
      return;
    }
    this.#retry.cancel();
    this.#running ??= this.#carryOut()
      // Tried again later, or at the next start.
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
        if (this.#waiting.size > 0) {
          this.#retry.schedule();
        }
      });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#retry.stop();
    await this.#running;
  }

  /** One after another: nobody waits for it. A relay that does not answer holds up only what is for that relay. */
  async #carryOut(): Promise<void> {
    const silent = new Set<string>();
    for (let left = this.#todo(silent); left.length > 0; left = this.#todo(silent)) {
      for (const [position, errand] of left) {
        if (silent.has(errand.relay) || this.#abort.signal.aborted) {
          continue;
        }
        if (await this.#removeAll(errand)) {
          const transaction = this.#vault.begin();
          transaction.delete(PIECE_ERRAND, NO_SCOPE, position);
          await transaction.commit();
          this.#waiting.delete(position);
        } else {
          silent.add(errand.relay);
        }
      }
    }
  }

  #todo(silent: ReadonlySet<string>): [number, PieceErrand][] {
    return this.#abort.signal.aborted ? [] : [...this.#waiting].filter(([, { relay }]) => !silent.has(relay));
  }

  /** False if the relay is to be asked again later. */
  async #removeAll({ relay, pieces }: PieceErrand): Promise<boolean> {
    for (const { id, deleteToken } of pieces) {
      try {
        // This device has put them there.
        await this.#transport.remove({ relay, id, isChosen: true, signal: this.#abort.signal }, deleteToken);
      } catch (error) {
        // Gone is as good as removed; what this device did not put, it will not be allowed to remove later either.
        if (!isClientError(error) || (error.relayCode !== 'GONE' && error.relayCode !== 'BAD_PROOF')) {
          return false;
        }
      }
    }
    return true;
  }

  #give(): number {
    const position = this.#next;
    this.#next += 1;
    return position;
  }
}
