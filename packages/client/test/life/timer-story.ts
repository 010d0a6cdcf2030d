/**
 * Two people with messages that destroy themselves. After each happening both devices are held against what is true of them:
 * who wrote what with which timer, and when it was really read.
 */

import { deserializeCountdown } from '@secret-chat/crypto';
import { expect } from 'vitest';
import { Conversation } from './conversation.ts';
import { type Happening, other, type Who } from './happening.ts';
import { Inspection, LOOKS_WITHIN_MS } from './inspection.ts';
import { TimerScene } from './timer-scene.ts';

/** Everything that waited for a connection has arrived. */
const SETTLED_MS = 180_000;

export class TimerStory {
  readonly #scene: TimerScene;
  readonly #conversation: Conversation;
  readonly #inspection: Inspection;

  private constructor(scene: TimerScene) {
    this.#scene = scene;
    this.#conversation = new Conversation(scene);
    this.#inspection = new Inspection(scene);
  }

  /** @param seed of all randomness of both devices */
  static async begin(seed: number): Promise<TimerStory> {
    return new TimerStory(await TimerScene.open(seed));
  }

  async tell(happenings: readonly Happening[]): Promise<void> {
    for (const happening of happenings) {
      await this.#let(happening);
      await this.#inspection.check();
    }
  }

  /** Everybody comes back, and all time runs out. */
  async end(): Promise<void> {
    for (const who of [0, 1] as const) {
      await this.#let({ does: 'wake', who });
      await this.#let({ does: 'start', who });
      await this.#let({ does: 'go online', who });
    }
    await this.#inspection.check();
    await this.#scene.pass(SETTLED_MS);
    await this.#inspection.check();
    expect(this.#scene.computers.map((computer) => computer.chat().state)).toEqual(['open', 'open']);
    const started = this.#scene.truths.filter(({ start, viewed }) => start !== undefined && viewed !== 'open');
    for (const { from, n } of started) {
      const left = (await this.#scene.computers[from].entries()).find((entry) => entry.n === n);
      // Its receipt came.
      expect(left === undefined || deserializeCountdown(left.countdown as Uint8Array).phase === 'running').toBe(true);
    }
    const ends = started
      .flatMap((truth) => [this.#scene.endAt(truth), this.#scene.senderEndAt(truth)])
      .filter(Number.isFinite);
    await this.#scene.pass(Math.max(0, ...ends.map((endMs) => endMs - this.#scene.nowMs)) + LOOKS_WITHIN_MS);
    await this.#inspection.check();
    for (const { from, n, theirN } of started) {
      expect((await this.#scene.computers[from].entries()).map((entry) => entry.n)).not.toContain(n);
      expect((await this.#scene.computers[other(from)].entries()).map((entry) => entry.n)).not.toContain(theirN);
    }
    await this.#inspection.expectNoFiles();
    for (const who of [0, 1] as const) {
      this.#scene.computers[who].kill();
    }
  }

  async #let(happening: Happening): Promise<void> {
    if (happening.does === 'wait') {
      return this.#scene.pass(happening.ms);
    }
    const { who } = happening;
    const computer = this.#scene.computers[who];
    const hidden = this.#scene.hidden[who];
    const isAwake = computer.isOn && !computer.isAsleep;
    switch (happening.does) {
      case 'send':
        return isAwake ? this.#conversation.send(who, happening.what, happening.timer) : undefined;
      case 'read':
      case 'view':
      case 'close':
        return isAwake ? this.#conversation.look(who, happening.does, happening.which) : undefined;
      case 'change timer':
        return isAwake ? computer.chat().setTimer(happening.timer) : undefined;
      case 'go offline':
        return computer.goOffline();
      case 'go online':
        computer.goOnline();
        return this.#scene.pass(0);
      case 'kill':
        if (computer.isOn) {
          this.#scene.sync();
          hidden.off(true);
          computer.kill();
        }
        return;
      case 'quit':
        if (isAwake) {
          await computer.quit();
          this.#scene.sync();
          hidden.off(false);
        }
        return;
      case 'start':
        return computer.isOn ? undefined : this.#start(who);
      case 'sleep':
        if (isAwake) {
          this.#scene.sync();
          hidden.sleep();
          computer.sleep();
        }
        return;
      case 'wake':
        if (computer.isAsleep) {
          this.#scene.sync();
          hidden.wake(this.#scene.nowMs);
          computer.wake();
          await this.#scene.pass(0);
        }
        return;
      case 'nap':
      case 'break':
      case 'crash':
        return this.#pause(who, happening);
      case 'turn':
        return this.#scene.turn(who, happening.ms);
      case 'turn and back':
        this.#scene.turn(who, happening.ms);
        await this.#scene.pass(happening.ms % 5_000 > 0 ? 1_000 : 0);
        return this.#scene.turn(who, -happening.ms);
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
    this.#scene.turn(who, turn);
    await this.#scene.pass(ms);
    await this.#let({ does: end, who });
  }

  async #start(who: Who): Promise<void> {
    this.#scene.sync();
    const tampering = this.#scene.hidden[who].start(this.#scene.nowMs);
    await this.#scene.computers[who].start();
    const entries = await this.#scene.computers[who].entries();
    for (const truth of this.#scene.truths) {
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
        expect(isHere && (tampering === 'certain' || this.#scene.nowMs >= this.#scene.endAt(truth))).toBe(false);
      }
    }
    await this.#scene.pass(0);
  }
}
