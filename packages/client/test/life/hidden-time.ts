/**
 * How much of the true time a device cannot know of, at most: the time in which it was off or asleep, as far as its wall clock
 * was behind what its life clock had counted before (docs/protocol/timers.md §3 and §10).
 *
 * Kept apart from the code under test, and simpler: it bounds the life clock from below and from above, and computes no time.
 */

/** A device that runs stores its mark once a minute at least (§9, 2). */
const MARK_MS = 60_000;
/** §3: how far a wall clock may be behind at a start. */
const TOLERANCE_MS = 120_000;

export type Mode = 'on' | 'asleep' | 'off';

/** What a start found: whether the wall clock is behind by too much. */
export type Tampering = 'none' | 'maybe' | 'certain';

export class HiddenTime {
  /** By how much the life clock may have fallen behind, for countdowns that run, and for such that wait. */
  running = 0;
  waiting = 0;
  /** By how much it may be ahead of the true time. */
  ahead = 0;
  /** Since when it runs without a break, in true time. */
  onSinceMs: number;
  /** Nothing was ever done to its clocks, and it was never off. */
  isHonest = true;
  #mode: Mode = 'on';
  #atMs: number;
  /** By how much the life clock may be ahead of the wall clock; after a break it is looked at again. */
  #lead = 0;
  /** Of the break that lasts. */
  #breakMs = 0;
  #offsetMs = 0;
  #highestWallMs: number;
  /** Of the highest wall time, what is certainly stored. */
  #markedWallMs: number = Number.NEGATIVE_INFINITY;

  constructor(trueMs: number) {
    this.#atMs = trueMs;
    this.onSinceMs = trueMs;
    this.#highestWallMs = trueMs;
  }

  get mode(): Mode {
    return this.#mode;
  }

  /** Time has passed until now. */
  sync(trueMs: number): void {
    const passed = trueMs - this.#atMs;
    this.#atMs = trueMs;
    if (this.#mode !== 'on') {
      this.#breakMs += passed;
    } else {
      this.#highestWallMs = Math.max(this.#highestWallMs, this.#wallMs);
    }
  }

  /** The wall clock was turned. */
  turn(ms: number): void {
    this.isHonest = false;
    this.#offsetMs += ms;
    this.ahead += Math.max(0, ms);
    this.#lead -= ms;
    if (this.#mode === 'on') {
      this.#lead = Math.max(0, this.#lead);
      this.#highestWallMs = Math.max(this.#highestWallMs, this.#wallMs);
    }
  }

  /** A countdown was changed: the mark was stored with it. */
  marked(): void {
    this.#markedWallMs = Math.max(this.#markedWallMs, this.#wallMs);
  }

  sleep(): void {
    this.isHonest = false;
    this.#mode = 'asleep';
  }

  wake(trueMs: number): void {
    this.#resume();
    this.onSinceMs = trueMs;
    this.#highestWallMs = Math.max(this.#highestWallMs, this.#wallMs);
  }

  /** The process is gone, with a last word or without. */
  off(isKilled: boolean): void {
    this.isHonest = false;
    this.#mode = 'off';
    if (isKilled) {
      const lead = Math.max(0, this.#lead);
      this.#lose(Math.min(lead, MARK_MS), lead);
    } else {
      this.marked();
    }
  }

  start(trueMs: number): Tampering {
    this.#resume();
    this.onSinceMs = trueMs;
    const found = tampering(this.#markedWallMs - this.#wallMs, this.#highestWallMs - this.#wallMs);
    if (found === 'certain') {
      this.#lead = 0;
      this.#highestWallMs = this.#wallMs;
      this.#markedWallMs = Number.NEGATIVE_INFINITY;
    }
    this.#highestWallMs = Math.max(this.#highestWallMs, this.#wallMs);
    return found;
  }

  get #wallMs(): number {
    return this.#atMs + this.#offsetMs;
  }

  /** The life clock goes on from the wall clock, or from where it stood if that is later: then the break is hidden. */
  #resume(): void {
    const hidden = Math.min(Math.max(0, this.#lead), this.#breakMs);
    this.#lead = Math.max(0, this.#lead - this.#breakMs);
    this.#breakMs = 0;
    this.#mode = 'on';
    this.#lose(hidden, hidden);
  }

  #lose(running: number, waiting: number): void {
    this.running += running;
    this.waiting += waiting;
  }
}

function tampering(atLeastBehind: number, atMostBehind: number): Tampering {
  if (atLeastBehind > TOLERANCE_MS) {
    return 'certain';
  }
  return atMostBehind > TOLERANCE_MS ? 'maybe' : 'none';
}
