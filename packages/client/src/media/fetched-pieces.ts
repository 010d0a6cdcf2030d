/**
 * The pieces of a file that are in the blob, and what is known of them: whether they are the whole file that was sent.
 *
 * Spec: docs/protocol/files.md §7.4.
 *
 * @module
 */

import { PieceSet } from './piece-set.ts';
import { pieceSize, sizeOf } from './piece-size.ts';
import { Verification, type Verified } from './verification.ts';

/** How often pieces that do not authenticate are fetched again. */
const MAX_ROUNDS = 2;

export class FetchedPieces {
  readonly #of: Verified;
  readonly #here: PieceSet;
  #verification: Verification;
  #bytes: number;
  #rounds = 0;

  /** @param here as {@link FetchedPieces.toBytes} gave them */
  constructor(of: Verified, here: Uint8Array) {
    this.#of = of;
    this.#here = new PieceSet(of.plan.count, here);
    this.#bytes = sizeOf(of.plan.size, this.#here);
    this.#verification = new Verification(of, this.#here.members());
  }

  /** Every piece is here. */
  get isFull(): boolean {
    return this.#here.isFull;
  }

  /** Every piece is here, and all of them have authenticated. */
  get isWhole(): boolean {
    return this.#verification.isWhole;
  }

  /** How much of the file is here, from 0 to 1. */
  get share(): number {
    return this.#bytes / this.#of.plan.size;
  }

  has(index: number): boolean {
    return this.#here.has(index);
  }

  /** Those that are not here, in order. */
  missing(): Iterable<number> {
    return this.#here.missing();
  }

  toBytes(): Uint8Array {
    return this.#here.toBytes();
  }

  add(index: number): void {
    this.#here.add(index);
    this.#bytes += pieceSize(this.#of.plan.size, index);
    this.#verification.arrived(index);
  }

  /** It is to be fetched again, or not trusted. */
  delete(index: number): void {
    this.#verification.forget(index);
    if (this.#here.has(index)) {
      this.#here.delete(index);
      this.#bytes -= pieceSize(this.#of.plan.size, index);
    }
  }

  /** Authenticates what is here while others are on their way. */
  goOn(): void {
    this.#verification.goOn();
  }

  /** What does not authenticate may be fetched again as often as at first. */
  forgive(): void {
    this.#rounds = 0;
  }

  /** With every piece here: those to fetch again, or `damaged` if that was of no use, or would be of none. */
  async verify(): Promise<ReadonlySet<number> | 'damaged'> {
    const damaged = await this.#verification.finish();
    if (damaged === 'padding' || (damaged.size > 0 && this.#rounds >= MAX_ROUNDS)) {
      return 'damaged';
    }
    this.#rounds += damaged.size > 0 ? 1 : 0;
    return damaged;
  }

  /** Nothing is here any more. */
  startOver(): void {
    this.#here.clear();
    this.#bytes = 0;
    this.#verification = new Verification(this.#of, []);
    this.forgive();
  }

  /** Resolves when the blob is not read any more; its signal has aborted. */
  stop(): Promise<void> {
    return this.#verification.stop();
  }
}
