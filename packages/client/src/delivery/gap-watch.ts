/**
 * What is missing of the other side's contents: waited for a little, then said and asked for, a few times.
 *
 * Spec: docs/protocol/delivery.md §6.1.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import type { Cancel } from '../effects.ts';
import type { ChatMailboxes } from './chat-mailboxes.ts';
import { isHeld } from './held.ts';
import { hasGap, surfaceGaps } from './sequence.ts';

/** How long what is missing may still come by itself, once the mailboxes are empty. */
const GAP_WAIT_MS = 10_000;
/** What was asked for and did not come is asked for again, so many times as long as the program runs. */
const ASK_AGAIN_MS = 60_000;
const MAX_ASKS = 4;

export interface GapEvents {
  /** What was held is shown, and the missing is to be asked for. */
  surfaced(): void;
  /** That could not be stored; to be looked at again later. */
  failed(error: unknown): void;
}

export class GapWatch {
  readonly #session: ChatSession;
  readonly #mailboxes: ChatMailboxes;
  readonly #events: GapEvents;
  #timer: Cancel | undefined;
  #asks = 0;
  /** How far everything was here when the missing was last asked for. */
  #gotWhenAsked = 0;
  #stopped = false;

  constructor(session: ChatSession, mailboxes: ChatMailboxes, events: GapEvents) {
    this.#session = session;
    this.#mailboxes = mailboxes;
    this.#events = events;
  }

  /** A mailbox was read to its end: what was asked for would be here. */
  drained(): void {
    this.#asks = 0;
    this.look();
  }

  /** Waits a little if something is missing; then what is here is shown, and the rest asked for. */
  look(): void {
    if (!hasGap(this.#session)) {
      this.#timer?.();
      this.#timer = undefined;
      this.#asks = 0;
      return;
    }
    if (this.#session.record.got > this.#gotWhenAsked || this.#holdsSomething) {
      // It came, or something came behind it and is not shown yet: what is missing now is something else.
      this.#asks = 0;
    }
    if (this.#timer === undefined && !this.#stopped && !this.#mailboxes.haveBacklog && this.#asks < MAX_ASKS) {
      const wait = this.#asks === 0 ? GAP_WAIT_MS : ASK_AGAIN_MS;
      this.#timer = this.#session.context.effects.clock.after(wait, () => {
        this.#timer = undefined;
        this.#surface().catch((error: unknown) => this.#events.failed(error));
      });
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.();
  }

  get #holdsSomething(): boolean {
    return [...this.#session.ahead.entries()].some(([, content]) => isHeld(content));
  }

  async #surface(): Promise<void> {
    if (this.#session.forgotten || !hasGap(this.#session)) {
      return;
    }
    await this.#session.change(surfaceGaps);
    this.#asks += 1;
    this.#gotWhenAsked = this.#session.record.got;
    this.look();
    this.#events.surfaced();
  }
}
