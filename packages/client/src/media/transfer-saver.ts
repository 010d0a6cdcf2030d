/**
 * How often progress is written: so that a kill costs a few pieces, and a fast line not a sync of the disk for each.
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';

/** Pieces that are done and not written, and how long one may wait for others. */
const MAX_PIECES = 8;
const MAX_WAIT_MS = 250;

export class TransferSaver {
  readonly #clock: Clock;
  readonly #save: () => Promise<void>;
  #unsaved = 0;
  #timer: Cancel | undefined;
  #saving: Promise<void> | undefined;
  #stopped = false;

  /** `save` reports its own failures, and never rejects. */
  constructor(clock: Clock, save: () => Promise<void>) {
    this.#clock = clock;
    this.#save = save;
  }

  /** One more piece is done. */
  mark(): void {
    this.#unsaved += 1;
    if (this.#unsaved >= MAX_PIECES) {
      this.#go();
    } else if (!this.#stopped) {
      this.#timer ??= this.#clock.after(MAX_WAIT_MS, () => this.#go());
    }
  }

  /** Writes what is unsaved; nothing is written afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.();
    await this.#saving;
    if (this.#unsaved > 0) {
      this.#unsaved = 0;
      await this.#save();
    }
  }

  /** Nothing is written any more. */
  async abandon(): Promise<void> {
    this.#stopped = true;
    this.#timer?.();
    await this.#saving;
  }

  #go(): void {
    this.#timer?.();
    this.#timer = undefined;
    if (this.#saving === undefined && !this.#stopped) {
      this.#unsaved = 0;
      this.#saving = this.#save().finally(() => {
        this.#saving = undefined;
        if (this.#unsaved >= MAX_PIECES) {
          this.#go();
        } else if (this.#unsaved > 0 && !this.#stopped) {
          this.#timer ??= this.#clock.after(MAX_WAIT_MS, () => this.#go());
        }
      });
    }
  }
}
