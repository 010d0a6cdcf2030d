/**
 * Pieces that wait to be moved, taken in random order: neighbours in a file are none on the wire.
 *
 * Spec: docs/protocol/files.md §5.
 *
 * @module
 */

import type { RandomSource } from '@secret-chat/crypto';

export class PieceQueue {
  readonly #random: RandomSource;
  readonly #waiting: number[] = [];
  /** Somebody waits for these, in this order. */
  #wanted: number[] = [];
  /** All that are in the queue. */
  readonly #members = new Set<number>();

  constructor(random: RandomSource) {
    this.#random = random;
  }

  get size(): number {
    return this.#members.size;
  }

  push(index: number): void {
    if (!this.#members.has(index)) {
      this.#members.add(index);
      this.#waiting.push(index);
    }
  }

  /** It comes before the others; it is put into the queue if it is not there. */
  want(index: number): void {
    this.push(index);
    this.#wanted.push(index);
  }

  take(): number | undefined {
    while (this.#wanted.length > 0) {
      const index = this.#wanted.shift() as number;
      if (this.#members.delete(index)) {
        return index;
      }
    }
    while (this.#waiting.length > 0) {
      const at = below(this.#random, this.#waiting.length);
      const index = this.#waiting[at] as number;
      // Order is of no meaning here.
      this.#waiting[at] = this.#waiting.at(-1) as number;
      this.#waiting.pop();
      if (this.#members.delete(index)) {
        return index;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#members.clear();
    this.#waiting.length = 0;
    this.#wanted = [];
  }
}

/** A random integer from 0 to `limit - 1`; `limit` is far below 2^32, so that no value is noticeably more likely. */
export function below(random: RandomSource, limit: number): number {
  const bytes = random(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % limit;
}
