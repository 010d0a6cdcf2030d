/**
 * What was read: told as soon as it was shown, but for what a stranger wrote, which is read once they are let in.
 *
 * A message whose countdown starts with that is marked first and shown then.
 *
 * @module
 */

import type { Chat, Device, Message } from '@secret-chat/client';
import { startsWhenRead, veiled } from './veil.ts';

export interface ReadingOptions {
  readonly device: Device;
  /** What was shown counts as read. */
  readonly autoRead: boolean;
  /** Messages of theirs were read here. */
  told(chat: number, numbers: readonly number[]): void;
  failed(error: unknown): void;
}

export class Reading {
  readonly #options: ReadingOptions;
  /** Shown while their chats were requests. */
  readonly #shownEarly: Map<number, number[]> = new Map();

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  async markRead(chat: Chat, numbers: readonly number[]): Promise<void> {
    await chat.markRead(numbers);
    this.#options.told(chat.n, numbers);
  }

  /** These messages were shown to the user. */
  shown(chat: number, numbers: readonly number[]): void {
    const { device, autoRead, failed } = this.#options;
    if (!autoRead || numbers.length === 0) {
      return;
    }
    const live = device.chat(chat);
    if (live?.state === 'requested') {
      this.#shownEarly.set(chat, [...(this.#shownEarly.get(chat) ?? []), ...numbers]);
    } else if (live !== undefined) {
      this.markRead(live, numbers).catch(failed);
    }
  }

  /** The other person was let in. */
  accepted(chat: number): void {
    this.shown(chat, this.#shownEarly.get(chat) ?? []);
    this.#shownEarly.delete(chat);
  }

  /** The message as it may stand on a screen: without what it says, if that is not to be seen (yet). */
  veil(chat: number, message: Message): Message {
    const isForViewer = message.from === 'them' && message.timer === 'once' && isContent(message);
    return isForViewer || this.#readsFirst(chat, message) ? veiled(message) : message;
  }

  /** Whether any of them must be marked as read before it is shown. */
  readsFirst(chat: number, messages: readonly Message[]): boolean {
    return messages.some((message) => this.#readsFirst(chat, message));
  }

  /** The messages as they may be shown at once: what must be read first was, and is as it is then. */
  async readFirst(chat: number, messages: readonly Message[]): Promise<Message[]> {
    const due = messages.filter((message) => this.#readsFirst(chat, message)).map(({ n }) => n);
    try {
      const live = this.#options.device.chat(chat);
      if (live === undefined) {
        return messages.filter(({ n }) => !due.includes(n));
      }
      await this.markRead(live, due);
      const now = await Promise.all(messages.map((one) => (due.includes(one.n) ? live.message(one.n) : one)));
      // The time of some may be over by now.
      return now.filter((message) => message !== undefined);
    } catch (error) {
      this.#options.failed(error);
      return messages.map((message) => this.veil(chat, message));
    }
  }

  #readsFirst(chat: number, message: Message): boolean {
    const { device, autoRead } = this.#options;
    return autoRead && startsWhenRead(message) && device.chat(chat)?.state !== 'requested';
  }
}

function isContent({ kind }: Message): boolean {
  return kind === 'text' || kind === 'file';
}
