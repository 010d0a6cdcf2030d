/** Two computers with a chat, and what is true of both: the time, what it hid from them, and what was said. */

import type { TimerValue } from '@secret-chat/crypto';
import { World } from '../support/people.ts';
import { Computer } from './computer.ts';
import { other, type Who } from './happening.ts';
import { HiddenTime } from './hidden-time.ts';
import { PieceShelf } from './process-life.ts';

/** Whole milliseconds of both clocks are rounded. */
export const ROUNDING_MS = 2;

/** A message, as it really is. */
export interface Truth {
  readonly from: Who;
  /** At its sender. */
  readonly n: number;
  readonly timer: TimerValue;
  readonly startsOnView: boolean;
  readonly hiddenAtSender: number;
  /** What both sides know it by, once it is numbered. */
  seq: number;
  /** At its recipient, once it is there. */
  theirN?: number;
  /** When its countdown really began. */
  start?: {
    readonly atMs: number;
    readonly hidden: number;
    readonly ahead: number;
    /** Both devices were online, awake and honest. */
    isHonest: boolean;
  };
  viewed: 'no' | 'open' | 'closed';
  /** A start may have found its countdown tampered with. */
  mayBeGone: boolean;
  goneAt: [number | undefined, number | undefined];
}

export class TimerScene {
  readonly computers: readonly [Computer, Computer];
  readonly hidden: readonly [HiddenTime, HiddenTime];
  readonly truths: Truth[] = [];
  readonly shelf: PieceShelf;
  readonly #world: World;

  private constructor(world: World, computers: readonly [Computer, Computer], shelf: PieceShelf) {
    this.#world = world;
    this.computers = computers;
    this.shelf = shelf;
    this.hidden = [new HiddenTime(this.nowMs), new HiddenTime(this.nowMs)];
  }

  /** @param seed of all randomness of both devices */
  static async open(seed: number): Promise<TimerScene> {
    const world = await World.create();
    const shelf = new PieceShelf();
    const anna = new Computer(world, 'Anna', { shelf, seed });
    const ben = new Computer(world, 'Ben', { shelf, seed: seed + 1 });
    await anna.start();
    await ben.start();
    await world.meet(anna.person, ben.person);
    return new TimerScene(world, [anna, ben], shelf);
  }

  get nowMs(): number {
    return this.#world.clock.monotonicMs();
  }

  get isHonest(): boolean {
    return this.computers.every((computer) => computer.isOnline) && this.hidden.every(({ isHonest }) => isHonest);
  }

  sync(): void {
    for (const hidden of this.hidden) {
      hidden.sync(this.nowMs);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.#world.advance(ms);
    this.sync();
  }

  turn(who: Who, ms: number): void {
    this.sync();
    this.hidden[who].turn(ms);
    this.computers[who].clock.turn(ms);
  }

  /** When nothing of it may be left at its recipient: when its time is over, and what the device cannot know of. */
  endAt({ from, timer, start }: Truth): number {
    if (typeof timer !== 'number' || start === undefined) {
      return Number.POSITIVE_INFINITY;
    }
    return start.atMs + timer * 1_000 + this.hidden[other(from)].running - start.hidden + ROUNDING_MS;
  }

  /** And at its sender, who counts from the same moment once he knows of it. */
  senderEndAt(truth: Truth): number {
    return this.endAt(truth) + this.hidden[truth.from].waiting - truth.hiddenAtSender;
  }
}
