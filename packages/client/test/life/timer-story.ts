/**
 * Two people with messages that destroy themselves, and what is true of them: who wrote what with which timer, and when it
 * was really read. After each happening both devices are held against it (docs/protocol/timers.md).
 */

import { deserializeCountdown, type TimerValue } from '@secret-chat/crypto';
import { expect } from 'vitest';
import type { Message } from '../../src/index.ts';
import { isClientError } from '../../src/index.ts';
import { World } from '../support/people.ts';
import { Computer } from './computer.ts';
import { HiddenTime } from './hidden-time.ts';
import { PieceShelf } from './process-life.ts';

/** Whole milliseconds of both clocks are rounded. */
const ROUNDING_MS = 2;
/** A device that was off or asleep, or whose clock was turned, looks again within this time (§9, 4). */
const LOOKS_WITHIN_MS = 60_000 + 100;
/** Receipts wait so long for others (docs/protocol/delivery.md §7.2). */
const RECEIPT_MS = 2_000 + 100;
/** How often a sender asks whether its mailbox is empty, at least (§5): as much of the time may count twice. */
const ASKS_WITHIN_MS = 60_000;
/** Everything that waited for a connection has arrived. */
const SETTLED_MS = 180_000;

export type Who = 0 | 1;
export type What = 'text' | 'file' | 'photo';

export type Happening =
  | { readonly does: 'send'; readonly who: Who; readonly what: What; readonly timer: TimerValue }
  | { readonly does: 'read' | 'view' | 'close'; readonly who: Who; readonly which: number }
  | { readonly does: 'change timer'; readonly who: Who; readonly timer: TimerValue }
  | { readonly does: 'go offline' | 'go online' | 'kill' | 'quit' | 'start' | 'sleep' | 'wake'; readonly who: Who }
  | { readonly does: 'turn' | 'turn and back' | 'lag'; readonly who: Who; readonly ms: number }
  /** Asleep or off for a while, its wall clock turned meanwhile. */
  | { readonly does: 'nap' | 'break' | 'crash'; readonly who: Who; readonly ms: number; readonly turn: number }
  | { readonly does: 'wait'; readonly ms: number };

/** A message, as it really is. */
interface Truth {
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

export class TimerStory {
  readonly #world: World;
  readonly #computers: readonly [Computer, Computer];
  readonly #hidden: readonly [HiddenTime, HiddenTime];
  readonly #truths: Truth[] = [];
  readonly #shelf: PieceShelf;

  private constructor(world: World, computers: readonly [Computer, Computer], shelf: PieceShelf) {
    this.#world = world;
    this.#computers = computers;
    this.#shelf = shelf;
    const nowMs = world.clock.monotonicMs();
    this.#hidden = [new HiddenTime(nowMs), new HiddenTime(nowMs)];
  }

  /** @param seed of all randomness of both devices */
  static async begin(seed: number): Promise<TimerStory> {
    const world = await World.create();
    const shelf = new PieceShelf();
    const anna = new Computer(world, 'Anna', { shelf, seed });
    const ben = new Computer(world, 'Ben', { shelf, seed: seed + 1 });
    await anna.start();
    await ben.start();
    await world.meet(anna.person, ben.person);
    return new TimerStory(world, [anna, ben], shelf);
  }

  async tell(happenings: readonly Happening[]): Promise<void> {
    for (const happening of happenings) {
      await this.#let(happening);
      await this.check();
    }
  }

  /** Everybody comes back, and all time runs out. */
  async end(): Promise<void> {
    for (const who of [0, 1] as const) {
      await this.#let({ does: 'wake', who });
      await this.#let({ does: 'start', who });
      await this.#let({ does: 'go online', who });
    }
    await this.check();
    await this.#pass(SETTLED_MS);
    await this.check();
    expect(this.#computers.map((computer) => computer.chat().state)).toEqual(['open', 'open']);
    const started = this.#truths.filter(({ start, viewed }) => start !== undefined && viewed !== 'open');
    for (const { from, n } of started) {
      const left = (await this.#computers[from].entries()).find((entry) => entry.n === n);
      // Its receipt came.
      expect(left === undefined || deserializeCountdown(left.countdown as Uint8Array).phase === 'running').toBe(true);
    }
    const ends = started.flatMap((truth) => [this.#endAt(truth), this.#senderEndAt(truth)]).filter(Number.isFinite);
    await this.#pass(Math.max(0, ...ends.map((endMs) => endMs - this.#nowMs)) + LOOKS_WITHIN_MS);
    await this.check();
    for (const { from, n, theirN } of started) {
      expect((await this.#computers[from].entries()).map((entry) => entry.n)).not.toContain(n);
      expect((await this.#computers[other(from)].entries()).map((entry) => entry.n)).not.toContain(theirN);
    }
    await this.#expectNoFiles();
    for (const who of [0, 1] as const) {
      this.#computers[who].kill();
    }
  }

  async #let(happening: Happening): Promise<void> {
    if (happening.does === 'wait') {
      return this.#pass(happening.ms);
    }
    const { who } = happening;
    const computer = this.#computers[who];
    const hidden = this.#hidden[who];
    const isAwake = computer.isOn && !computer.isAsleep;
    switch (happening.does) {
      case 'send':
        return isAwake ? this.#send(who, happening.what, happening.timer) : undefined;
      case 'read':
      case 'view':
      case 'close':
        return isAwake ? this.#look(who, happening.does, happening.which) : undefined;
      case 'change timer':
        return isAwake ? computer.chat().setTimer(happening.timer) : undefined;
      case 'go offline':
        return computer.goOffline();
      case 'go online':
        computer.goOnline();
        return this.#pass(0);
      case 'kill':
        if (computer.isOn) {
          this.#sync();
          hidden.off(true);
          computer.kill();
        }
        return;
      case 'quit':
        if (isAwake) {
          await computer.quit();
          this.#sync();
          hidden.off(false);
        }
        return;
      case 'start':
        return computer.isOn ? undefined : this.#start(who);
      case 'sleep':
        if (isAwake) {
          this.#sync();
          hidden.sleep();
          computer.sleep();
        }
        return;
      case 'wake':
        if (computer.isAsleep) {
          this.#sync();
          hidden.wake(this.#nowMs);
          computer.wake();
          await this.#pass(0);
        }
        return;
      case 'nap':
      case 'break':
      case 'crash':
        return this.#pause(who, happening);
      case 'turn':
        return this.#turn(who, happening.ms);
      case 'turn and back':
        this.#turn(who, happening.ms);
        await this.#pass(happening.ms % 5_000 > 0 ? 1_000 : 0);
        return this.#turn(who, -happening.ms);
      case 'lag':
        if (isAwake && computer.isOnline) {
          await computer.lag(happening.ms);
        }
    }
  }

  async #pause(
    who: Who,
    { does, ms, turn }: { readonly does: 'nap' | 'break' | 'crash'; readonly ms: number; readonly turn: number },
  ): Promise<void> {
    const [begin, end] = ({ nap: ['sleep', 'wake'], break: ['quit', 'start'], crash: ['kill', 'start'] } as const)[
      does
    ];
    await this.#let({ does: begin, who });
    this.#turn(who, turn);
    await this.#pass(ms);
    await this.#let({ does: end, who });
  }

  get #nowMs(): number {
    return this.#world.clock.monotonicMs();
  }

  #sync(): void {
    for (const hidden of this.#hidden) {
      hidden.sync(this.#nowMs);
    }
  }

  async #pass(ms: number): Promise<void> {
    await this.#world.advance(ms);
    this.#sync();
  }

  #turn(who: Who, ms: number): void {
    this.#sync();
    this.#hidden[who].turn(ms);
    this.#computers[who].clock.turn(ms);
  }

  async #start(who: Who): Promise<void> {
    this.#sync();
    const tampering = this.#hidden[who].start(this.#nowMs);
    await this.#computers[who].start();
    const entries = await this.#computers[who].entries();
    for (const truth of this.#truths) {
      const isMine = truth.from === who;
      if (tampering !== 'none') {
        truth.mayBeGone = true;
      }
      if (isMine || truth.theirN === undefined) {
        continue;
      }
      const isHere = entries.some(({ n }) => n === truth.theirN);
      if (truth.viewed === 'open') {
        // What was open is destroyed before anything is shown.
        truth.viewed = 'closed';
        expect(isHere).toBe(false);
      }
      if (truth.start !== undefined) {
        expect(isHere && (tampering === 'certain' || this.#nowMs >= this.#endAt(truth))).toBe(false);
      }
    }
    await this.#pass(0);
  }

  async #send(who: Who, what: What, timer: TimerValue): Promise<void> {
    const computer = this.#computers[who];
    const chat = computer.chat();
    if (chat.timer !== timer) {
      await chat.setTimer(timer);
    }
    const hiddenAtSender = this.#hidden[who].waiting;
    const sent = await this.#sent(computer, what);
    // Both may have changed the timer at once: it is the message's own that counts.
    expect(sent.timer).toBe(chat.timer);
    this.#truths.push({
      ...{ from: who, n: sent.n, timer: sent.timer, hiddenAtSender, seq: 0, viewed: 'no' },
      startsOnView: sent.timer === 'once' || (what !== 'text' && typeof sent.timer === 'number' && sent.timer < 60),
      ...{ mayBeGone: false, goneAt: [undefined, undefined] },
    });
    await this.#pass(0);
  }

  async #sent(computer: Computer, what: What): Promise<Message> {
    const chat = computer.chat();
    switch (what) {
      case 'text':
        return chat.sendText(`text ${this.#truths.length}`);
      case 'file':
        return chat.sendFile(new Uint8Array(2_000).fill(5), { name: `file ${this.#truths.length}` });
      case 'photo':
        return (await chat.sendPhoto(new Uint8Array(5_000), { name: `photo ${this.#truths.length}` })).message;
    }
  }

  /** Reads, views or closes one of those that are there. */
  async #look(who: Who, how: 'read' | 'view' | 'close', which: number): Promise<void> {
    const chat = this.#computers[who].chat();
    const there = this.#truths.filter(({ from, theirN }) => from !== who && theirN !== undefined);
    // Those that wait for it first.
    there.sort((a, b) => Number(a.start !== undefined) - Number(b.start !== undefined));
    const truth = there[which % Math.max(1, there.length)];
    if (truth?.theirN === undefined) {
      return;
    }
    const wasRead = truth.start !== undefined || (await this.#isRead(who, truth.theirN));
    if (how === 'close') {
      await chat.closeView(truth.theirN);
      truth.viewed = truth.viewed === 'open' ? 'closed' : truth.viewed;
    } else if (how === 'read') {
      await chat.markRead(truth.theirN);
      this.#started(truth, !truth.startsOnView && !wasRead);
    } else {
      await this.#view(truth, truth.theirN);
    }
  }

  async #view(truth: Truth, n: number): Promise<void> {
    const chat = this.#computers[other(truth.from)].chat();
    const before = truth.viewed;
    const isFirst = truth.start === undefined;
    let shown: Message | undefined;
    try {
      shown = await chat.view(n);
    } catch (error) {
      const mayFail = truth.start !== undefined || truth.mayBeGone;
      expect(mayFail && isClientError(error, 'NOT_FOUND', 'WRONG_STATE'), String(error)).toBe(true);
      return;
    }
    expect(shown.kind).not.toBe('hidden');
    if (truth.timer === 'once') {
      // Shown once and never again.
      expect(before).toBe('no');
      truth.viewed = 'open';
    }
    this.#started(truth, isFirst);
  }

  #started(truth: Truth, isFirst: boolean): void {
    if (isFirst && truth.timer !== 'off' && truth.start === undefined) {
      this.#sync();
      const hidden = this.#hidden[other(truth.from)];
      hidden.marked();
      truth.mayBeGone = false;
      const isHonest = this.#isHonest;
      truth.start = { atMs: this.#nowMs, hidden: hidden.running, ahead: hidden.ahead, isHonest };
    }
  }

  get #isHonest(): boolean {
    return this.#computers.every((computer) => computer.isOnline) && this.#hidden.every(({ isHonest }) => isHonest);
  }

  async #isRead(who: Who, n: number): Promise<boolean> {
    return (await this.#computers[who].entries()).find((entry) => entry.n === n)?.state === 'read';
  }

  /** When nothing of it may be left at its recipient: when its time is over, and what the device cannot know of. */
  #endAt({ from, timer, start }: Truth): number {
    if (typeof timer !== 'number' || start === undefined) {
      return Number.POSITIVE_INFINITY;
    }
    return start.atMs + timer * 1_000 + this.#hidden[other(from)].running - start.hidden + ROUNDING_MS;
  }

  /** And at its sender, who counts from the same moment once he knows of it. */
  #senderEndAt(truth: Truth): number {
    return this.#endAt(truth) + this.#hidden[truth.from].waiting - truth.hiddenAtSender;
  }

  /** Holds both devices against what is true. */
  async check(): Promise<void> {
    this.#sync();
    for (const who of [0, 1] as const) {
      const computer = this.#computers[who];
      if (computer.isOn) {
        await this.#learn(who);
      }
    }
    for (const truth of this.#truths) {
      if (truth.start !== undefined && !this.#isHonest) {
        truth.start.isHonest = false;
      }
    }
    for (const who of [0, 1] as const) {
      if (this.#computers[who].isOn && !this.#computers[who].isAsleep) {
        await this.#checkDevice(who);
      }
    }
  }

  /** Numbers, and when what was told. */
  async #learn(who: Who): Promise<void> {
    const computer = this.#computers[who];
    for (const { n, from, seq } of await computer.entries()) {
      const truth = this.#truths.find((known) =>
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
        const truth = this.#truths.find((known) => (known.from === who ? known.n : known.theirN) === event.n);
        if (truth !== undefined) {
          truth.goneAt[who] ??= atMs;
        }
      }
    }
  }

  async #checkDevice(who: Who): Promise<void> {
    const computer = this.#computers[who];
    const stored = new Map((await computer.entries()).map((entry) => [entry.n, entry]));
    const shown = new Map((await computer.history()).map((message) => [message.n, message]));
    for (const truth of this.#truths) {
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
          endAt: isWaiting || entry === undefined ? Number.POSITIVE_INFINITY : this.#senderEndAt(truth),
        });
        this.#checkTogether(truth);
      } else {
        this.#checkCopy(who, truth, {
          isHere: entry !== undefined,
          isShown: message !== undefined,
          endAt: this.#endAt(truth),
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
    const nowMs = this.#nowMs;
    expect(isShown && nowMs >= endAt, 'shown for too long').toBe(false);
    const hidden = this.#hidden[who];
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
      const gained = this.#hidden[other(truth.from)].ahead - start.ahead;
      const earliest = start.atMs + timer * 1_000 - gained - ROUNDING_MS;
      const goneAt = truth.goneAt[other(truth.from)] ?? (isHere ? undefined : this.#nowMs);
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
      expect(this.#nowMs <= Math.max(arrived, end + 100), 'the sender keeps it').toBe(true);
    } else {
      expect(goneAt).toBeGreaterThanOrEqual(end - ASKS_WITHIN_MS - RECEIPT_MS);
    }
  }

  /** Neither on a disk nor on the relay is anything of a file whose message is gone. */
  async #expectNoFiles(): Promise<void> {
    for (const who of [0, 1] as const) {
      const files = (await this.#computers[who].entries()).filter(({ kind }) => kind === 'file');
      expect((await this.#computers[who].blobs.list()).length).toBeLessThanOrEqual(files.length);
    }
    const sent = await Promise.all(this.#computers.map((computer) => computer.entries()));
    const own = sent.flat().filter(({ kind, from }) => kind === 'file' && from === 'me');
    expect(this.#shelf.pieces.size).toBeLessThanOrEqual(own.length);
  }
}

function other(who: Who): Who {
  return who === 0 ? 1 : 0;
}
