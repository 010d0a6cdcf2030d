/**
 * What a chat owes the other side besides contents: acknowledgements and receipts, each a little later.
 *
 * Spec: docs/protocol/delivery.md §7.
 *
 * @module
 */

import type { Cancel, Effects } from '../effects.ts';

/** §7.1: an `ack` waits so long for something that carries it, unless so much was received. */
const ACK_WAIT_MS = 400;
const ACK_AT_ONCE = 100;
/** §7.2: receipts wait for others, and do not tell the second in which something was read. */
const RECEIPT_WAIT_MS = 800;
const RECEIPT_SPREAD_MS = 1_200;

export class Owed {
  readonly #effects: Effects;
  readonly #due: () => void;
  #owesAck = false;
  #ackDue = false;
  #receiptsDue = false;
  #ackTimer: Cancel | undefined;
  #receiptTimer: Cancel | undefined;

  /** @param due called when the time of something has come */
  constructor(effects: Effects, due: () => void) {
    this.#effects = effects;
    this.#due = due;
  }

  /** Something came that no `ack` was sealed for. */
  get owesAck(): boolean {
    return this.#owesAck;
  }

  /** It has waited long enough. */
  get ackDue(): boolean {
    return this.#ackDue;
  }

  get receiptsDue(): boolean {
    return this.#receiptsDue;
  }

  /** @param count contents that came since the last `ack` */
  ack(count: number): void {
    this.#owesAck = true;
    if (count >= ACK_AT_ONCE) {
      this.ackNow();
    } else {
      this.#ackTimer ??= this.#effects.clock.after(ACK_WAIT_MS, () => this.ackNow());
    }
  }

  ackNow(): void {
    this.#ackTimer?.();
    this.#ackTimer = undefined;
    this.#ackDue = true;
    this.#due();
  }

  receipts(): void {
    const spread = ((this.#effects.random(1)[0] as number) / 256) * RECEIPT_SPREAD_MS;
    this.#receiptTimer ??= this.#effects.clock.after(RECEIPT_WAIT_MS + spread, () => this.receiptsNow());
  }

  receiptsNow(): void {
    this.#receiptTimer?.();
    this.#receiptTimer = undefined;
    this.#receiptsDue = true;
    this.#due();
  }

  /** An envelope that carries the `ack` was sealed. */
  ackSealed(): void {
    this.#owesAck = false;
    this.#ackDue = false;
  }

  /** It did not reach the relay: owed again, as soon as something can be sent. */
  ackFailed(): void {
    this.#owesAck = true;
    this.#ackDue = true;
  }

  /** Contents were made of receipts. @param left how many still wait */
  receiptsSealed(left: number): void {
    this.#receiptsDue = left > 0;
  }

  /** Everything at once: the program ends. */
  now(): void {
    this.#ackDue = this.#owesAck;
    this.#receiptsDue = true;
  }

  stop(): void {
    this.#ackTimer?.();
    this.#receiptTimer?.();
  }
}
