/**
 * How far a transfer is, and how long it will take: told now and then.
 *
 * @module
 */

import type { Clock } from '../effects.ts';
import type { FileProgress } from './file.ts';

/** Often enough for a bar that moves, seldom enough to cost nothing. */
const TELL_EVERY_MS = 200;
/** The speed is that of about so long. */
const WINDOW_MS = 5_000;
/** Before that a speed says little. */
const SETTLE_MS = 500;

export class ProgressMeter {
  readonly #clock: Clock;
  readonly #direction: FileProgress['direction'];
  readonly #size: number;
  readonly #tell: (progress: FileProgress) => void;
  /** Moments with what was done then, the oldest first. */
  #samples: { readonly atMs: number; readonly share: number }[] = [];
  #toldAtMs = Number.NEGATIVE_INFINITY;

  /** @param size of the file, in bytes */
  constructor(
    clock: Clock,
    direction: FileProgress['direction'],
    size: number,
    tell: (progress: FileProgress) => void,
  ) {
    this.#clock = clock;
    this.#direction = direction;
    this.#size = size;
    this.#tell = tell;
  }

  /** @param share of the ciphertext that is done, 0 to 1; the last one is always told */
  update(share: number): void {
    const now = this.#clock.monotonicMs();
    this.#samples.push({ atMs: now, share });
    const last = this.#samples.findLastIndex(({ atMs }) => atMs <= now - WINDOW_MS);
    this.#samples = this.#samples.slice(Math.max(0, last));
    if (share < 1 && now - this.#toldAtMs < TELL_EVERY_MS) {
      return;
    }
    this.#toldAtMs = now;
    const etaMs = this.#eta(now, share);
    this.#tell({
      direction: this.#direction,
      done: Math.floor(share * this.#size),
      total: this.#size,
      ...(etaMs === undefined ? {} : { etaMs }),
    });
  }

  #eta(now: number, share: number): number | undefined {
    const first = this.#samples[0];
    if (first === undefined || now - first.atMs < SETTLE_MS || share <= first.share) {
      return undefined;
    }
    return Math.round(((1 - share) * (now - first.atMs)) / (share - first.share));
  }
}
