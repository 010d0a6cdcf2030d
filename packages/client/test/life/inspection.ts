/** Both devices held against what is true (docs/protocol/timers.md). */

import { deserializeCountdown } from '@secret-chat/crypto';
import { expect } from 'vitest';
import type { Message } from '../../src/index.ts';
import { other, type Who } from './happening.ts';
import { ROUNDING_MS, type TimerScene, type Truth } from './timer-scene.ts';

/** A device that was off or asleep, or whose clock was turned, looks again within this time (§9, 4). */
export const LOOKS_WITHIN_MS = 60_000 + 100;
/** Receipts wait so long for others (docs/protocol/delivery.md §7.2). */
const RECEIPT_MS = 2_000 + 100;
/** How often a sender asks whether its mailbox is empty, at least (§5): as much of the time may count twice. */
const ASKS_WITHIN_MS = 60_000;

export class Inspection {
  readonly #scene: TimerScene;

  constructor(scene: TimerScene) {
    this.#scene = scene;
  }

  /** Holds both devices against what is true. */
  async check(): Promise<void> {
    this.#scene.sync();
    for (const who of [0, 1] as const) {
      const computer = this.#scene.computers[who];
      if (computer.isOn) {
        await this.#learn(who);
      }
    }
    for (const truth of this.#scene.truths) {
      if (truth.start !== undefined && !this.#scene.isHonest) {
        truth.start.isHonest = false;
      }
    }
    for (const who of [0, 1] as const) {
      if (this.#scene.computers[who].isOn && !this.#scene.computers[who].isAsleep) {
        await this.#checkDevice(who);
      }
    }
  }

  /** Numbers, and when what was told. */
  async #learn(who: Who): Promise<void> {
    const computer = this.#scene.computers[who];
    for (const { n, from, seq } of await computer.entries()) {
      const truth = this.#scene.truths.find((known) =>
        from === 'me' ? known.from === who && known.n === n : known.from !== who && known.seq === seq && seq > 0,
      );
      if (truth !== undefined && from === 'me') {
        truth.seq = seq;
      } else if (truth !== undefined) {
        // There is no second one.
        expect(truth.theirN ?? n).toBe(n);
        truth.theirN = n;
      }
    }
    for (const { atMs, event } of computer.told) {
      if (event.type === 'destroyed') {
        expect(event.why).toBe('timer');
        const truth = this.#scene.truths.find((known) => (known.from === who ? known.n : known.theirN) === event.n);
        if (truth !== undefined) {
          truth.goneAt[who] ??= atMs;
        }
      }
    }
  }

  async #checkDevice(who: Who): Promise<void> {
    const computer = this.#scene.computers[who];
    const stored = new Map((await computer.entries()).map((entry) => [entry.n, entry]));
    const shown = new Map((await computer.history()).map((message) => [message.n, message]));
    for (const truth of this.#scene.truths) {
      const n = truth.from === who ? truth.n : truth.theirN;
      if (n === undefined) {
        continue;
      }
      const entry = stored.get(n);
      const message = shown.get(n);
      expect(message === undefined ? truth.timer : message.timer).toBe(truth.timer);
      if (truth.from === who) {
        const isWaiting = entry?.countdown !== undefined && deserializeCountdown(entry.countdown).phase === 'waiting';
        this.#checkCopy(who, truth, {
          isHere: entry !== undefined,
          isShown: message !== undefined,
          endAt: isWaiting || entry === undefined ? Number.POSITIVE_INFINITY : this.#scene.senderEndAt(truth),
        });
        this.#checkTogether(truth);
      } else {
        this.#checkCopy(who, truth, {
          isHere: entry !== undefined,
          isShown: message !== undefined,
          endAt: this.#scene.endAt(truth),
        });
        this.#checkView(truth, entry !== undefined, message);
      }
    }
  }

  /** Neither too long, nor gone before it was read. */
  #checkCopy(
    who: Who,
    truth: Truth,
    { isHere, isShown, endAt }: { readonly isHere: boolean; readonly isShown: boolean; readonly endAt: number },
  ): void {
    const nowMs = this.#scene.nowMs;
    expect(isShown && nowMs >= endAt, 'shown for too long').toBe(false);
    const hidden = this.#scene.hidden[who];
    const isLookedFor = hidden.isHonest
      ? nowMs >= endAt + 100
      : nowMs >= Math.max(endAt, hidden.onSinceMs) + LOOKS_WITHIN_MS;
    expect(isHere && isLookedFor, 'kept for too long').toBe(false);
    if (truth.start === undefined) {
      expect(isHere, 'gone before it was read').toBe(true);
      // A file of the other side's may be on its way.
      expect(isShown).toBe(true);
    }
  }

  /** What the recipient has: hidden as long as it is to be, there as long as it may be. */
  #checkView(truth: Truth, isHere: boolean, message: Message | undefined): void {
    const { start, timer, startsOnView, viewed } = truth;
    if (startsOnView && start === undefined) {
      expect(message?.kind).toBe('hidden');
    }
    if (timer === 'once' && start !== undefined) {
      expect(isHere).toBe(viewed === 'open');
      expect(message === undefined || message.kind !== 'hidden').toBe(true);
    } else if (typeof timer === 'number' && start !== undefined && !truth.mayBeGone) {
      const gained = this.#scene.hidden[other(truth.from)].ahead - start.ahead;
      const earliest = start.atMs + timer * 1_000 - gained - ROUNDING_MS;
      const goneAt = truth.goneAt[other(truth.from)] ?? (isHere ? undefined : this.#scene.nowMs);
      expect(goneAt !== undefined && goneAt < earliest, 'gone too early').toBe(false);
    }
  }

  /** Both online with honest clocks: together, as far as the network allows. */
  #checkTogether(truth: Truth): void {
    const { start, timer, from } = truth;
    if (start?.isHonest !== true || timer === 'off') {
      return;
    }
    const goneAt = truth.goneAt[from];
    const arrived = start.atMs + RECEIPT_MS;
    const end = typeof timer === 'number' ? start.atMs + timer * 1_000 : start.atMs;
    if (goneAt === undefined) {
      expect(this.#scene.nowMs <= Math.max(arrived, end + 100), 'the sender keeps it').toBe(true);
    } else {
      expect(goneAt).toBeGreaterThanOrEqual(end - ASKS_WITHIN_MS - RECEIPT_MS);
    }
  }

  /** Neither on a disk nor on the relay is anything of a file whose message is gone. */
  async expectNoFiles(): Promise<void> {
    for (const who of [0, 1] as const) {
      const files = (await this.#scene.computers[who].entries()).filter(({ kind }) => kind === 'file');
      expect((await this.#scene.computers[who].blobs.list()).length).toBeLessThanOrEqual(files.length);
    }
    const sent = await Promise.all(this.#scene.computers.map((computer) => computer.entries()));
    const own = sent.flat().filter(({ kind, from }) => kind === 'file' && from === 'me');
    expect(this.#scene.shelf.pieces.size).toBeLessThanOrEqual(own.length);
  }
}
