/**
 * A pause after a relay refused an envelope: the chat's queue waits, so that its order holds.
 *
 * Spec: docs/protocol/delivery.md §4.3.
 *
 * @module
 */

import type { Cancel, Effects } from '../effects.ts';

const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;
/** Also for a relay that refuses everything and asks for no pause at all. */
const SHORTEST_MS = 100;

export class PutPause {
  readonly #effects: Effects;
  readonly #ended: () => void;
  #failures = 0;
  #timer: Cancel | undefined;

  /** @param ended called when the pause is over */
  constructor(effects: Effects, ended: () => void) {
    this.#effects = effects;
    this.#ended = ended;
  }

  get holds(): boolean {
    return this.#timer !== undefined;
  }

  /** @param retryAfterMs what the relay asks for; if left out, longer each time, with jitter */
  begin(retryAfterMs?: number): void {
    if (this.#timer !== undefined) {
      return;
    }
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    const jitter = (this.#effects.random(1)[0] as number) / 256;
    this.#failures += 1;
    const wait = retryAfterMs === undefined ? longest * (0.5 + jitter / 2) : Math.max(SHORTEST_MS, retryAfterMs);
    this.#timer = this.#effects.clock.after(wait, () => {
      this.#timer = undefined;
      this.#ended();
    });
  }

  /** The relay took one. */
  reset(): void {
    this.#failures = 0;
  }

  end(): void {
    this.#timer?.();
    this.#timer = undefined;
  }
}
