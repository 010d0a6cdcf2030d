/**
 * Notices that the other side is gone though the socket looks alive.
 *
 * Browsers can neither send WebSocket pings nor see those of the relay, so the operation `ping` asks (relay §1.6).
 *
 * @module
 */

import type { Cancel, Clock } from '../effects.ts';

/** Routers forget quiet connections after 30 seconds at the earliest. */
export const PING_AFTER_MS = 25_000;
/**
 * Nothing at all was heard for so long although an answer is due. On 20 kbit/s the largest frame takes 26 seconds, in which the
 * relay has nothing to say.
 */
export const SILENT_AFTER_MS = 30_000;
/** One answer is due for so long, whatever else was heard: what may be unanswered takes 20 seconds on 100 kbit/s. */
export const UNANSWERED_AFTER_MS = 60_000;

export interface Heart {
  /** When the request was sent that has waited longest for its answer (monotonic); `undefined` if none waits. */
  readonly oldestSentAtMs: number | undefined;
  /** Asks for an answer. */
  ping(): void;
  /** The other side is gone, or does not answer. */
  dead(reason: string): void;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #heart: Heart;
  #heardAtMs: number;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, heart: Heart) {
    this.#clock = clock;
    this.#heart = heart;
    this.#heardAtMs = clock.monotonicMs();
  }

  start(): void {
    this.heard();
    this.#wait(PING_AFTER_MS);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Something came in. */
  heard(): void {
    this.#heardAtMs = this.#clock.monotonicMs();
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#check());
  }

  /** One timer for all three: it looks when the first of them may be due, and moves on if it is not. */
  #check(): void {
    const now = this.#clock.monotonicMs();
    const sentAt = this.#heart.oldestSentAtMs;
    if (sentAt === undefined) {
      const pingAt = this.#heardAtMs + PING_AFTER_MS;
      if (now >= pingAt) {
        this.#heart.ping();
        this.#wait(SILENT_AFTER_MS);
      } else {
        this.#wait(pingAt - now);
      }
      return;
    }
    const silentAt = Math.max(sentAt, this.#heardAtMs) + SILENT_AFTER_MS;
    const unansweredAt = sentAt + UNANSWERED_AFTER_MS;
    if (now >= silentAt) {
      this.#heart.dead('the relay has gone silent');
    } else if (now >= unansweredAt) {
      this.#heart.dead('the relay does not answer');
    } else {
      this.#wait(Math.min(silentAt, unansweredAt) - now);
    }
  }
}
