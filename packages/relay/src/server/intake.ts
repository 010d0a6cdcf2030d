/**
 * How fast a connection is read: too many frames a second, or too many requests unanswered, and it waits.
 *
 * Spec: docs/protocol/relay.md §1.5.
 *
 * @module
 */

import type { Effects } from '../effects.ts';
import type { Limits } from './limits.ts';
import { TokenBucket } from './rate-limit.ts';

/** A burst may be twice what is allowed in a second. */
export const BURST_SECONDS = 2;
export const BURST_MS: number = BURST_SECONDS * 1000;

/** Checking a proof takes as long as this many small frames, and is done for anybody. */
export const PROOF_FRAMES = 5;

/** What can be held back. */
export interface Tap {
  pause(): void;
  resume(): void;
}

export class Intake {
  readonly #tap: Tap;
  readonly #effects: Effects;
  readonly #maxInFlight: number;
  readonly #frames: TokenBucket;
  #inFlight = 0;
  #isFlooding = false;
  #isBusy = false;

  constructor(tap: Tap, effects: Effects, { framesPerSecond, requestsInFlight }: Limits) {
    this.#tap = tap;
    this.#effects = effects;
    this.#maxInFlight = requestsInFlight;
    this.#frames = new TokenBucket(BURST_SECONDS * framesPerSecond, BURST_MS, effects.monotonic());
  }

  get isPaused(): boolean {
    return this.#isFlooding || this.#isBusy;
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** A frame came, or what costs as much as `count`. What was read already is a debt; the rest waits with the client. */
  frame(count = 1): void {
    this.#frames.spend(count, this.#effects.monotonic());
    if (!this.#isFlooding) {
      this.#waitForFrames();
    }
  }

  /** A request is under way. */
  begin(): void {
    this.#inFlight++;
    if (!this.#isBusy && this.#inFlight >= this.#maxInFlight) {
      this.#isBusy = true;
      this.#tap.pause();
    }
  }

  /** A request was answered. */
  finish(): void {
    this.#inFlight--;
    if (this.#isBusy && this.#inFlight <= this.#maxInFlight / 2) {
      this.#isBusy = false;
      this.#resume();
    }
  }

  #waitForFrames(): void {
    const wait = this.#frames.wait(0, this.#effects.monotonic());
    if (wait > 0) {
      if (!this.#isFlooding) {
        this.#isFlooding = true;
        this.#tap.pause();
      }
      this.#effects.after(wait, () => this.#waitForFrames());
    } else if (this.#isFlooding) {
      this.#isFlooding = false;
      this.#resume();
    }
  }

  #resume(): void {
    if (!this.isPaused) {
      this.#tap.resume();
    }
  }
}
