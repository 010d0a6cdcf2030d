/**
 * How often a chat follows the other side to another mailbox: each time it puts there again whatever is not covered, and may dial a
 * relay that it never heard of.
 *
 * Spec: docs/protocol/delivery.md §11.4.
 *
 * @module
 */

/** So many at once: someone may change their relay, and change their mind. */
const BURST = 8;
/** And after that one in this time. An honest mailbox stays for days. */
const EVERY_MS = 60_000;

export class RoutePace {
  #left = BURST;
  #countedAtMs: number;

  /** Times are monotonic. */
  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** Milliseconds until the next one may be followed; 0 is now, and counts it as followed. */
  take(nowMs: number): number {
    const earned = Math.floor((nowMs - this.#countedAtMs) / EVERY_MS);
    this.#left = Math.min(BURST, this.#left + earned);
    this.#countedAtMs = this.#left === BURST ? nowMs : this.#countedAtMs + earned * EVERY_MS;
    if (this.#left === 0) {
      return this.#countedAtMs + EVERY_MS - nowMs;
    }
    this.#left -= 1;
    return 0;
  }
}
