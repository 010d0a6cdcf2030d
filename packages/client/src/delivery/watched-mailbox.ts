/**
 * One mailbox of a chat, as it is watched in this process.
 *
 * Spec: docs/protocol/delivery.md §5 and §11.
 *
 * @module
 */

import type { Cancel } from '../effects.ts';
import type { OwnMailbox, RelayLink, Watch } from '../link/relay-link.ts';

/** What it brings; calls come one after another. */
export interface WatchedMailboxEvents {
  /** `backlog`: it lay on the relay before. */
  envelope(from: WatchedMailbox, envelope: Uint8Array, backlog: boolean): void;
  /** It was read to its end; to be given to {@link WatchedMailbox.wasDrained} once everything before is committed. */
  drained(from: WatchedMailbox, askedAtMs: number): void;
  displaced(): void;
  refused(error: Error): void;
}

export class WatchedMailbox {
  readonly #link: RelayLink;
  readonly #events: WatchedMailboxEvents;
  readonly #release: Cancel;
  #mailbox: OwnMailbox;
  #watch: Watch;
  #hasBacklog = true;
  #wasRead = false;
  /** Monotonic: when the subscription was asked for that has to be read to its end. */
  #againAtMs = Number.NEGATIVE_INFINITY;
  #emptyAskedAtMs: number | undefined;

  constructor(link: RelayLink, mailbox: OwnMailbox, events: WatchedMailboxEvents) {
    this.#link = link;
    this.#mailbox = mailbox;
    this.#events = events;
    this.#release = link.hold();
    this.#watch = this.#subscribe();
  }

  /** Something may lie on the relay that has not come yet. */
  get hasBacklog(): boolean {
    return this.#hasBacklog;
  }

  /** It was read to its end since the store was opened. */
  get wasRead(): boolean {
    return this.#wasRead;
  }

  /** It was read to its end since the last {@link WatchedMailbox.again}. */
  get wasReadAgain(): boolean {
    return this.#emptyAskedAtMs !== undefined && this.#emptyAskedAtMs >= this.#againAtMs;
  }

  /** Monotonic time at which it was last asked and turned out empty. */
  get emptyAskedAtMs(): number | undefined {
    return this.#emptyAskedAtMs;
  }

  wasDrained(askedAtMs: number): void {
    this.#wasRead = true;
    this.#emptyAskedAtMs = askedAtMs;
  }

  /** The envelope of this hash is committed. */
  acknowledge(hash: Uint8Array): void {
    this.#watch.acknowledge(hash);
  }

  /** Subscribes anew: what came meanwhile is read, and its end is told once more. */
  again(nowMs: number): void {
    this.#watch.stop();
    this.#againAtMs = nowMs;
    this.#emptyAskedAtMs = undefined;
    this.#watch = this.#subscribe();
  }

  /** The relay is to keep it so long when it is not used. */
  renew(idleWeeks: number): void {
    this.#mailbox = { ...this.#mailbox, idleWeeks };
    this.#watch.renew(idleWeeks);
  }

  stop(): void {
    this.#watch.stop();
    this.#release();
  }

  #subscribe(): Watch {
    this.#hasBacklog = true;
    const events = this.#events;
    return this.#link.watch(this.#mailbox, {
      subscribed: () => {
        this.#hasBacklog = true;
      },
      envelope: (envelope) => events.envelope(this, envelope, this.#hasBacklog),
      drained: (askedAtMs) => {
        this.#hasBacklog = false;
        events.drained(this, askedAtMs);
      },
      displaced: () => events.displaced(),
      refused: (error) => events.refused(error),
      offline: () => {
        this.#hasBacklog = true;
      },
    });
  }
}
