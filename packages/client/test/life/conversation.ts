/** What the two write, read and view, with what is true of it from then on. */

import type { TimerValue } from '@secret-chat/crypto';
import { expect } from 'vitest';
import { isClientError, type Message } from '../../src/index.ts';
import type { Computer } from './computer.ts';
import { other, type What, type Who } from './happening.ts';
import type { TimerScene, Truth } from './timer-scene.ts';

export class Conversation {
  readonly #scene: TimerScene;

  constructor(scene: TimerScene) {
    this.#scene = scene;
  }

  async send(who: Who, what: What, timer: TimerValue): Promise<void> {
    const computer = this.#scene.computers[who];
    const chat = computer.chat();
    if (chat.timer !== timer) {
      await chat.setTimer(timer);
    }
    const hiddenAtSender = this.#scene.hidden[who].waiting;
    const sent = await this.#sent(computer, what);
    // Both may have changed the timer at once: it is the message's own that counts.
    expect(sent.timer).toBe(chat.timer);
    this.#scene.truths.push({
      ...{ from: who, n: sent.n, timer: sent.timer, hiddenAtSender, seq: 0, viewed: 'no' },
      startsOnView: sent.timer === 'once' || (what !== 'text' && typeof sent.timer === 'number' && sent.timer < 60),
      ...{ mayBeGone: false, goneAt: [undefined, undefined] },
    });
    await this.#scene.pass(0);
  }

  async #sent(computer: Computer, what: What): Promise<Message> {
    const chat = computer.chat();
    switch (what) {
      case 'text':
        return chat.sendText(`text ${this.#scene.truths.length}`);
      case 'file':
        return chat.sendFile(new Uint8Array(2_000).fill(5), { name: `file ${this.#scene.truths.length}` });
      case 'photo':
        return (await chat.sendPhoto(new Uint8Array(5_000), { name: `photo ${this.#scene.truths.length}` })).message;
    }
  }

  /** Reads, views or closes one of those that are there. */
  async look(who: Who, how: 'read' | 'view' | 'close', which: number): Promise<void> {
    const chat = this.#scene.computers[who].chat();
    const there = this.#scene.truths.filter(({ from, theirN }) => from !== who && theirN !== undefined);
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
    const chat = this.#scene.computers[other(truth.from)].chat();
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
      this.#scene.sync();
      const hidden = this.#scene.hidden[other(truth.from)];
      hidden.marked();
      truth.mayBeGone = false;
      const isHonest = this.#scene.isHonest;
      truth.start = { atMs: this.#scene.nowMs, hidden: hidden.running, ahead: hidden.ahead, isHonest };
    }
  }

  async #isRead(who: Who, n: number): Promise<boolean> {
    return (await this.#scene.computers[who].entries()).find((entry) => entry.n === n)?.state === 'read';
  }
}
