/**
 * What of a chat is sealed next: the contents that wait, and when nothing else does, receipts behind them.
 *
 * Spec: docs/protocol/delivery.md §4.1 and §7.2, docs/protocol/timers.md §9.
 *
 * @module
 */

import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import type { Owed } from './owed.ts';
import type { Puts } from './puts.ts';
import { enqueueReceipts, RECEIPT_CONTENTS } from './receipts.ts';
import { isLate, renewReceipts } from './renew-receipts.ts';
import { maySeal, type SealedContent, sealWaiting, windowHasRoom } from './sealing.ts';

/** Contents that one commit seals. */
const BATCH = 64;

export class Sealer {
  readonly #session: ChatSession;
  readonly #owed: Owed;
  readonly #puts: Puts;
  /** Something may have been put without an answer: at an earlier connection, or by an earlier process. */
  #inDoubt = true;

  constructor(session: ChatSession, owed: Owed, puts: Puts) {
    this.#session = session;
    this.#owed = owed;
    this.#puts = puts;
  }

  /** The connection ended: whatever was put is in doubt. */
  lost(): void {
    this.#inDoubt = true;
  }

  /** Seals what a change has just enqueued. What is sealed anew, and receipts that were too late, wait for their round. */
  async sealInto(change: ChatChange): Promise<void> {
    const seqs = unsealed(change);
    const isNew = (seq: number) => seq > change.record.sealedSeq && change.outbox.get(seq)?.agedMs === undefined;
    if (seqs.every(isNew)) {
      this.#sealedIn(change, await sealWaiting(change, seqs, this.#puts.room));
    }
  }

  /** Seals the next batch, and receipts behind it when nothing else waits. Returns whether there was something. */
  async sealNext(): Promise<boolean> {
    const room = Math.min(BATCH, this.#puts.room);
    if (room === 0 || (!this.#owed.receiptsDue && unsealed(this.#session).length === 0)) {
      return false;
    }
    return this.#session.change(async (change) => {
      const out = await sealWaiting(change, unsealed(change), room);
      if (
        this.#owed.receiptsDue &&
        change.record.state === 'open' &&
        maySeal(change) &&
        unsealed(change).length === 0 &&
        windowHasRoom(change, RECEIPT_CONTENTS)
      ) {
        const first = change.record.nextSeq;
        const left = await enqueueReceipts(change, change.context.life.nowMs());
        const added = Array.from({ length: change.record.nextSeq - first }, (_, i) => first + i);
        out.push(...(await sealWaiting(change, added, added.length)));
        change.afterwards.push(() => this.#owed.receiptsSealed(left));
      }
      this.#sealedIn(change, out);
      return out.length > 0;
    });
  }

  /**
   * Timers §9: receipts whose first put was not answered are in doubt, those that are sealed anew did not arrive, and others found
   * their turn used up; fresh ones go behind them.
   */
  async renewReceipts(): Promise<void> {
    const { outbox } = this.#session;
    const late = unsealed(this.#session).filter((seq) => isLate(outbox.get(seq)));
    if (this.#inDoubt) {
      this.#inDoubt = false;
      for (const [seq, entry] of outbox.entries()) {
        if (entry.sealed && this.#puts.isInDoubt(seq) && isLate(entry)) {
          late.push(seq);
        }
      }
    }
    if (late.length > 0) {
      await this.#session
        .change((change) => renewReceipts(change, late))
        .catch((error: unknown) => {
          this.#inDoubt = true;
          throw error;
        });
      this.#owed.receiptsNow();
    }
  }

  /** Once the change is committed, these are to be put. */
  #sealedIn(change: ChatChange, sealed: readonly SealedContent[]): void {
    if (sealed.length > 0) {
      change.afterwards.push(() => {
        this.#owed.ackSealed();
        this.#puts.sealed(sealed);
      });
    }
  }
}

/** Seqs that may be sealed, a batch of them at most; before the chat is open the request is all there is. */
function unsealed({ record, outbox }: Pick<ChatChange, 'record' | 'outbox'> | ChatSession): number[] {
  const out: number[] = [];
  const last = record.state === 'waiting' ? 1 : Math.min(record.nextSeq - 1, record.sealedSeq + BATCH);
  for (let seq = record.covered + 1; seq <= last && out.length < BATCH; seq += 1) {
    if (outbox.get(seq)?.sealed === false) {
      out.push(seq);
    }
  }
  return out;
}
