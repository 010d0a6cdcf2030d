/**
 * The part of a chat's history that the screen has, kept up to date by events, with older pages as the user scrolls.
 *
 * @module
 */

import type { Chat, DeviceEvent, Message } from '@secret-chat/client';
import { isReadWhenShown } from '../../veil.ts';

const PAGE = 50;
/** Beyond so many, older ones are let go when the user is back at the newest. */
const MAX_ENTRIES = 400;

export class Timeline {
  readonly chat: number;
  readonly #source: Chat;
  readonly #entries: Map<number, Message> = new Map();
  /** Messages that are answered but older than what is here. */
  readonly #quoted: Map<number, Message> = new Map();
  readonly #seen: Set<number> = new Set();
  /** Destroyed: whatever is on its way from the store, nothing of them comes back. */
  readonly #gone: Map<number, Message | undefined> = new Map();
  readonly #veil: (message: Message) => Message;
  #ordered: Message[] | undefined;
  #loading: Promise<void> | undefined;
  /** Everything before it was asked for. */
  #from = Number.MAX_SAFE_INTEGER;

  /** @param veil leaves out what is not to be seen (yet) */
  constructor(source: Chat, veil: (message: Message) => Message) {
    this.#veil = veil;
    this.chat = source.n;
    this.#source = source;
  }

  /** In the order of the history: what came late stands where it was missing. */
  get entries(): readonly Message[] {
    this.#ordered ??= [...this.#entries.values()].sort(
      (a, b) =>
        (a.place ?? a.n) - (b.place ?? b.n) || (a.place === undefined ? -1 : b.place === undefined ? 1 : a.n - b.n),
    );
    return this.#ordered;
  }

  /** True if there is nothing older. */
  get isComplete(): boolean {
    return this.#from <= 1;
  }

  quoted(n: number): Message | undefined {
    return this.#entries.get(n) ?? this.#quoted.get(n) ?? this.#gone.get(n);
  }

  /** Resolves when one more page is there, or there is none. */
  loadOlder(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Takes in what an event of this chat says. Resolves when what it needs beside is there. */
  async take(event: DeviceEvent): Promise<void> {
    if (event.type === 'message') {
      this.#put(event.message);
      await this.#quote([event.message]);
    } else if (event.type === 'state') {
      this.#change(event.n, (message) => ({ ...message, state: event.state }));
      await this.#refreshTimed(event.n);
    } else if (event.type === 'countdown') {
      await this.#refreshTimed(event.n);
    } else if (event.type === 'destroyed') {
      this.#forget(event.n);
    } else if (event.type === 'missing' || event.type === 'file') {
      await this.#refresh(event.n);
    }
  }

  /** These were read here. Resolves when what may be seen of them now is there. */
  async markRead(numbers: readonly number[]): Promise<void> {
    for (const n of numbers) {
      this.#change(n, (message) => (message.from === 'them' ? { ...message, state: 'read' } : message));
    }
    await Promise.all(numbers.map((n) => this.#refreshTimed(n)));
  }

  /** Those of theirs that were not read, and not given out by this before. */
  newlySeen(shown: readonly Message[]): number[] {
    const unread = shown.filter((message) => isReadWhenShown(message) && !this.#seen.has(message.n));
    const numbers = unread.map(({ n }) => n);
    for (const n of numbers) {
      this.#seen.add(n);
    }
    return numbers;
  }

  /** Lets go of what is far above the newest. */
  trim(): void {
    if (this.#entries.size <= MAX_ENTRIES) {
      return;
    }
    const [oldest] = this.entries.slice(-PAGE);
    const from = oldest?.place ?? oldest?.n ?? 1;
    for (const [n, { place }] of this.#entries) {
      if ((place ?? n) < from) {
        this.#entries.delete(n);
      }
    }
    this.#from = from;
    this.#ordered = undefined;
  }

  async #load(): Promise<void> {
    while (!this.isComplete) {
      const isNewest = this.#from === Number.MAX_SAFE_INTEGER;
      const page = await this.#source.messages(isNewest ? { limit: PAGE } : { before: this.#from, limit: PAGE });
      for (const message of page) {
        // An event may have told something newer meanwhile.
        if (!this.#entries.has(message.n)) {
          this.#put(message);
        }
      }
      await this.#quote(page);
      const first = page.find(({ place }) => place === undefined);
      if (first !== undefined) {
        // A page that begins at 1, or is all there is, is the last.
        this.#from = first.n;
        return;
      }
      // All of the page stands elsewhere, or there is nothing.
      this.#from = isNewest ? 1 : this.#from - PAGE;
    }
  }

  async #quote(messages: readonly Message[]): Promise<void> {
    for (const { replyTo } of messages) {
      if (replyTo !== undefined && this.quoted(replyTo) === undefined) {
        const quoted = await this.#source.message(replyTo);
        if (quoted !== undefined && !this.#gone.has(replyTo)) {
          this.#quoted.set(replyTo, this.#veil(quoted));
        }
      }
    }
  }

  async #refresh(n: number): Promise<void> {
    const message = await this.#source.message(n);
    if (message !== undefined) {
      this.#put(message);
    }
  }

  /** Its countdown may run now, and what was veiled may be seen. */
  async #refreshTimed(n: number): Promise<void> {
    const message = this.#entries.get(n);
    if (message !== undefined && message.timer !== 'off') {
      await this.#refresh(n);
    }
  }

  #forget(n: number): void {
    const message = this.quoted(n);
    const stub = message && forgotten(message);
    this.#gone.set(n, stub);
    this.#quoted.delete(n);
    this.#entries.delete(n);
    this.#ordered = undefined;
  }

  #change(n: number, change: (message: Message) => Message): void {
    const message = this.#entries.get(n);
    if (message !== undefined) {
      this.#put(change(message));
    }
  }

  #put(message: Message): void {
    if (!this.#gone.has(message.n)) {
      this.#entries.set(message.n, this.#veil(message));
      this.#ordered = undefined;
    }
  }
}

/** All that is left to be known of it by those who answered it. */
function forgotten({ n, from, state, at, timer }: Message): Message {
  return { kind: 'destroyed', n, from, state, at, timer };
}
