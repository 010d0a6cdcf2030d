/**
 * Requests that were sent and not answered, by their ids.
 *
 * Spec: docs/protocol/relay.md §3.2.
 *
 * @module
 */

import { MAX_REQUEST_ID, type Reply } from '@secret-chat/wire';
import type { ClientError } from '../errors.ts';

/** The answer to a request that was done. */
export type Ok = Extract<Reply, { readonly op: 'ok' }>;

/** One of both is called, once. */
export interface Settle {
  done(ok: Ok): void;
  failed(error: ClientError): void;
}

interface Pending {
  readonly settle: Settle;
  readonly sentAtMs: number;
}

export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  /** `undefined` once every id was used. */
  nextId(): number | undefined {
    return this.#lastId < MAX_REQUEST_ID ? ++this.#lastId : undefined;
  }

  /** True if a request had this id. */
  wasSent(id: number): boolean {
    return id >= 1 && id <= this.#lastId;
  }

  add(id: number, settle: Settle, sentAtMs: number): void {
    this.#pending.set(id, { settle, sentAtMs });
  }

  /** Who waits for the answer; nobody when it came before. */
  take(id: number): Settle | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending?.settle;
  }

  /** When the request was sent that has waited longest. */
  get oldestSentAtMs(): number | undefined {
    // Ids grow, and a map keeps the order in which they were added.
    return this.#pending.values().next().value?.sentAtMs;
  }

  /** Fails all of them, in the order in which they were sent. */
  failAll(error: () => ClientError): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { settle } of all) {
      settle.failed(error());
    }
  }
}
