/**
 * Pieces that the relay did not have when it was asked, and when they are looked for again: the sender may be putting them.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';

/** When they are looked for, at first and at last. */
const FIRST_LOOK_MS = 10_000;
const LAST_LOOK_MS = 600_000;

export class MissingPieces {
  readonly #clock: Clock;
  readonly #indexes = new Set<number>();
  #look: Cancel | undefined;
  #lookMs = FIRST_LOOK_MS;
  /** It was told, and nothing came since. */
  #isTold = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#indexes.size;
  }

  /** They will be looked for. */
  get isWaiting(): boolean {
    return this.#look !== undefined;
  }

  add(index: number): void {
    this.#indexes.add(index);
  }

  /** False if it was not missing. */
  delete(index: number): boolean {
    return this.#indexes.delete(index);
  }

  /** All of them are asked for now. */
  clear(): void {
    this.#indexes.clear();
    this.stop();
  }

  stop(): void {
    this.#look?.();
    this.#look = undefined;
  }

  /** Gives those that are missing, in order; when it is time, later with each call, `look` is given those that still are. */
  tell(look: (indexes: readonly number[]) => void): readonly number[] {
    const indexes = [...this.#indexes].sort((a, b) => a - b);
    this.#isTold = true;
    this.#look = this.#clock.after(this.#lookMs, () => {
      this.#look = undefined;
      look(indexes.filter((index) => this.#indexes.delete(index)));
    });
    this.#lookMs = Math.min(LAST_LOOK_MS, 2 * this.#lookMs);
    return indexes;
  }

  /** Some piece came. True if that ends what was told. */
  found(): boolean {
    const wasTold = this.#isTold;
    if (wasTold) {
      this.#isTold = false;
      this.#lookMs = FIRST_LOOK_MS;
    }
    return wasTold;
  }
}
