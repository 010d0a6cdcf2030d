/**
 * How fast envelopes are put: as fast as they are answered, until the relay says that this is too fast.
 *
 * A relay allows so many puts a second, tells nobody how many, and refuses those beyond (relay §9, `RATE_LIMITED`). The gap
 * between two puts widens at a refusal and narrows again, so that few are refused.
 *
 * @module
 */

const FIRST_GAP_MS = 1;
/** A gap that is smaller is none. */
const MIN_GAP_MS = 0.5;
/** Slower than this a relay makes puts by asking for a pause, not by refusing some of many. */
const MAX_GAP_MS = 1_000;
const WIDENING = 1.5;
/** How long a gap takes to narrow to 1/e: a relay that allows 200 a second refuses one in four seconds. */
const NARROWING_MS = 10_000;
/** Timers that come late (once a second in background tabs) slow nothing down. */
const CATCH_UP_MS = 1_000;
/** Who asks for a longer pause refuses again; the caller shall know why nothing goes out. */
const MAX_PAUSE_MS = 60_000;

export class PutPace {
  #gapMs = 0;
  #nextAtMs = 0;
  #widenings = 0;

  /** Milliseconds until the next put may be sent. Times are monotonic. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#nextAtMs - nowMs);
  }

  /** Returns a ticket, for {@link PutPace.limited}. */
  sent(nowMs: number): number {
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs - CATCH_UP_MS) + this.#gapMs;
    return this.#widenings;
  }

  accepted(): void {
    const gap = this.#gapMs * (1 - this.#gapMs / NARROWING_MS);
    this.#gapMs = gap < MIN_GAP_MS ? 0 : gap;
  }

  /** The relay refused a put, and asks for a pause. */
  limited(ticket: number, nowMs: number, retryAfterMs: number): void {
    // Those sent before the gap was widened say nothing about the wider one.
    if (ticket === this.#widenings) {
      this.#widenings++;
      this.#gapMs = Math.min(MAX_GAP_MS, Math.max(FIRST_GAP_MS, this.#gapMs * WIDENING));
    }
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs + Math.min(retryAfterMs, MAX_PAUSE_MS));
  }
}
