/**
 * The life clock of a device: the time that countdowns go by, in this process and over restarts.
 *
 * Spec: docs/protocol/timers.md §3 and §9.
 *
 * @module
 */

import { advanceLifeClock, type LifeClock, lifeClockMark, restoreLifeClock, startLifeClock } from '@secret-chat/crypto';
import type { Clock } from '../effects.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { LIFE } from './life-record.ts';

export class LifeKeeper {
  readonly #clock: Clock;
  #life: LifeClock;
  /** Times stored in another era are on another scale (§5). */
  readonly era: number;
  /** Somebody turned the wall clock back while the program was off: what had started counts as run out (§3). */
  readonly tampered: boolean;

  #isKept: boolean;

  private constructor(clock: Clock, life: LifeClock, era: number, tampered: boolean, isKept: boolean) {
    this.#clock = clock;
    this.#life = life;
    this.era = era;
    this.tampered = tampered;
    this.#isKept = isKept;
  }

  /** A mark is stored: there was a countdown once. */
  get isKept(): boolean {
    return this.#isKept;
  }

  static async load(vault: Vault, clock: Clock): Promise<LifeKeeper> {
    const reading = { wallMs: Math.max(0, clock.wallMs()), monotonicMs: clock.monotonicMs() };
    const mark = await vault.get(LIFE, NO_SCOPE);
    if (mark === undefined) {
      return new LifeKeeper(clock, startLifeClock(reading), 0, false, false);
    }
    const restored = restoreLifeClock(mark, reading);
    const era = mark.era + (restored.tampered ? 1 : 0);
    return new LifeKeeper(clock, restored.clock, era, restored.tampered, true);
  }

  /** Milliseconds; never goes back. */
  now(): number {
    const reading = { wallMs: Math.max(0, this.#clock.wallMs()), monotonicMs: this.#clock.monotonicMs() };
    this.#life = advanceLifeClock(this.#life, reading);
    return this.#life.nowMs;
  }

  /** Whole milliseconds, rounded up: for what is stored. */
  nowMs(): number {
    return Math.ceil(this.now());
  }

  /** When something of the life clock's time is, by the wall clock that the user sees. */
  toWall(lifeMs: number): number {
    return Math.round(this.#clock.wallMs() + lifeMs - this.now());
  }

  /** The life clock's time of an earlier reading of the monotonic clock in this process. */
  ofMonotonic(monotonicMs: number): number {
    return Math.max(0, this.now() - (this.#clock.monotonicMs() - monotonicMs));
  }

  /** Stores the mark with a change of a countdown (§9, 2). */
  mark(transaction: Transaction): void {
    this.now();
    this.#isKept = true;
    transaction.put(LIFE, NO_SCOPE, 0, { ...lifeClockMark(this.#life), era: this.era });
  }
}
