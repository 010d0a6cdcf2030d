/**
 * Waiting times between tries: they double, with full jitter, so that the clients of a relay that comes back do not come
 * back all at once.
 *
 * @module
 */

import type { RandomSource } from '@secret-chat/crypto';

export interface BackoffRange {
  /** The longest wait after the first failure. */
  readonly firstMs: number;
  /** The longest wait of all. */
  readonly maxMs: number;
}

export class Backoff {
  readonly #random: RandomSource;
  readonly #range: BackoffRange;
  #ceilingMs: number;

  constructor(random: RandomSource, range: BackoffRange) {
    this.#random = random;
    this.#range = range;
    this.#ceilingMs = range.firstMs;
  }

  /** How long to wait after one more failure: evenly distributed from 0 to a ceiling that doubles each time. */
  next(): number {
    const ceiling = this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#range.maxMs, 2 * ceiling);
    return ceiling * fraction(this.#random);
  }

  /** The next failure is the first again. */
  reset(): void {
    this.#ceilingMs = this.#range.firstMs;
  }
}

/** Evenly distributed from 0 to 1. */
function fraction(random: RandomSource): number {
  const bytes = random(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 0xffff_ffff;
}
