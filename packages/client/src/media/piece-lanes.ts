/**
 * Who may move a piece now: four pieces in flight over all files, taken from one file or another at random.
 *
 * A relay that fails is left alone for a while, for all files together.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import type { Cancel, Effects } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { Backoff, type BackoffRange } from '../link/backoff.ts';
import { below } from './piece-queue.ts';

/** Enough to keep a line full while one piece waits for the disk of the relay; few enough for its limits. */
const LANES = 4;
const BACKOFF: BackoffRange = { firstMs: 1_000, maxMs: 60_000 };

/** A file on its way. */
export interface PieceWork {
  readonly relay: string;
  /** Takes a piece that can be moved now. */
  take(): number | undefined;
  /** Moves it. Rejects, with the piece taken back, when the relay is to be tried again later. */
  move(index: number): Promise<void>;
}

interface Pause {
  readonly backoff: Backoff;
  cancel: Cancel | undefined;
}

export class PieceLanes {
  readonly #effects: Effects;
  readonly #works: PieceWork[] = [];
  readonly #pauses = new Map<string, Pause>();
  readonly #moving = new Set<Promise<void>>();
  #stopped = false;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  add(work: PieceWork): void {
    if (!this.#works.includes(work)) {
      this.#works.push(work);
    }
    this.kick();
  }

  remove(work: PieceWork): void {
    const at = this.#works.indexOf(work);
    if (at >= 0) {
      this.#works.splice(at, 1);
    }
  }

  /** Looks for something to do. */
  kick(): void {
    while (!this.#stopped && this.#moving.size < LANES) {
      const next = this.#next();
      if (next === undefined) {
        return;
      }
      const [work, index] = next;
      const moving = work
        .move(index)
        .then(
          () => this.#answered(work.relay),
          (error: unknown) => this.#pause(work.relay, error),
        )
        .finally(() => {
          this.#moving.delete(moving);
          this.kick();
        });
      this.#moving.add(moving);
    }
  }

  /** Relays that failed are tried at once. */
  retryNow(): void {
    for (const [relay, { cancel }] of this.#pauses) {
      cancel?.();
      this.#pauses.delete(relay);
    }
    this.kick();
  }

  /** Begins nothing more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { cancel } of this.#pauses.values()) {
      cancel?.();
    }
    await Promise.all(this.#moving);
  }

  /** A piece of a file that is drawn by lot, so that several are interleaved. */
  #next(): readonly [PieceWork, number] | undefined {
    const ready = this.#works.filter(({ relay }) => this.#pauses.get(relay)?.cancel === undefined);
    while (ready.length > 0) {
      const at = ready.length === 1 ? 0 : below(this.#effects.random, ready.length);
      const [work] = ready.splice(at, 1) as [PieceWork];
      const index = work.take();
      if (index !== undefined) {
        return [work, index];
      }
    }
    return undefined;
  }

  #answered(relay: string): void {
    if (this.#pauses.get(relay)?.cancel === undefined) {
      this.#pauses.delete(relay);
    }
  }

  #pause(relay: string, error: unknown): void {
    const pause = this.#pauses.get(relay) ?? { backoff: new Backoff(this.#effects.random, BACKOFF), cancel: undefined };
    this.#pauses.set(relay, pause);
    if (pause.cancel !== undefined || this.#stopped) {
      return;
    }
    const asked = isClientError(error) ? (error.retryAfterMs ?? 0) : 0;
    pause.cancel = this.#effects.clock.after(asked + pause.backoff.next(), () => {
      pause.cancel = undefined;
      this.kick();
    });
  }
}
