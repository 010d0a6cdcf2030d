/**
 * Row numbers of envelopes: the hour of expiry, then a number that does not tell in which order they came.
 *
 * By the hour, so that what expires together lies together and a purge needs no index. Within it, numbers are drawn at
 * random from windows of a few leaves: fully random ones would spread each group over as many pages as it has rows
 * (measured: docs/decisions/0005-relay-storage.md).
 *
 * @module
 */

import { randomInt } from 'node:crypto';

const SECONDS_PER_HOUR = 3600;
/** Of one hour; with the hour in front they stay below 2^51, which drivers pass exactly. */
const NUMBERS_PER_HOUR = 2 ** 31;
/** Hours since 1970 that fit in front (until the year 2089); later ones share the last. */
const MAX_HOUR = 2 ** 20 - 1;
/** Rows among which the order of arrival is lost. */
const WINDOW = 256;

export class RowNumbers {
  /** What is left of each hour's window. */
  readonly #windows = new Map<number, { end: number; left: number[] }>();
  readonly #largest: (first: number, last: number) => number | undefined;

  /** @param largest the largest row number in use from `first` to `last` */
  constructor(largest: (first: number, last: number) => number | undefined) {
    this.#largest = largest;
  }

  /** A number that no row has. */
  next(expiresAt: number): number {
    const hour = hourOf(expiresAt);
    let window = this.#windows.get(hour);
    if (window === undefined || window.left.length === 0) {
      window = this.#open(window?.end ?? this.#firstFree(hour));
      this.#windows.set(hour, window);
    }
    return window.left.pop() as number;
  }

  /** Hours that are over need no numbers. */
  forget(now: number): void {
    for (const hour of this.#windows.keys()) {
      if (hour < hourOf(now)) {
        this.#windows.delete(hour);
      }
    }
  }

  #open(start: number): { end: number; left: number[] } {
    const left = Array.from({ length: WINDOW }, (_, i) => start + i);
    for (let i = WINDOW - 1; i > 0; i -= 1) {
      const j = randomInt(i + 1);
      [left[i], left[j]] = [left[j] as number, left[i] as number];
    }
    return { end: start + WINDOW, left };
  }

  #firstFree(hour: number): number {
    const first = hour * NUMBERS_PER_HOUR;
    const largest = this.#largest(first, first + NUMBERS_PER_HOUR - 1);
    return largest === undefined ? first : largest + 1;
  }
}

/** All rows that expire at `now` or earlier have smaller numbers. */
export function endOfExpired(now: number): number {
  return (hourOf(now) + 1) * NUMBERS_PER_HOUR;
}

function hourOf(expiresAt: number): number {
  return Math.min(Math.floor(expiresAt / SECONDS_PER_HOUR), MAX_HOUR);
}
