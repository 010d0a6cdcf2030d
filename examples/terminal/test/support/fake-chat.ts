/**
 * A chat without a network: tests say what the other side does.
 *
 * @module
 */

import { type Chat, type ChatState, ClientError, type HistoryQuery, type Message } from '@secret-chat/client';
import type { Fingerprint, TimerValue } from '@secret-chat/crypto';
import type { FakeDevice } from './fake-device.ts';

/** 2026-11-23 12:00 UTC: entries are a minute apart. */
const FIRST_AT = Date.UTC(2026, 10, 23, 12);

/** What the program uses of a chat; the rest is not here. */
type Used = Pick<
  Chat,
  | 'n'
  | 'state'
  | 'name'
  | 'theirName'
  | 'verified'
  | 'unread'
  | 'timer'
  | 'accept'
  | 'reject'
  | 'block'
  | 'cancel'
  | 'sendText'
  | 'messages'
  | 'message'
  | 'markRead'
  | 'typing'
  | 'fingerprint'
  | 'markVerified'
  | 'rename'
  | 'end'
>;

export class FakeChat implements Used {
  readonly n: number;
  state: ChatState;
  theirName: string;
  localName: string | undefined;
  verified = false;
  timer: TimerValue = 'off';
  /** How often the user was said to be typing. */
  typed = 0;
  /** Calls of `markRead`. */
  readonly marked: number[][] = [];
  readonly entries: Message[] = [];
  readonly #device: FakeDevice;

  constructor(device: FakeDevice, n: number, name: string, state: ChatState) {
    this.#device = device;
    this.n = n;
    this.theirName = name;
    this.state = state;
  }

  get name(): string {
    return this.localName ?? this.theirName;
  }

  get unread(): number {
    return this.entries.filter(({ from, state }) => from === 'them' && state === 'received').length;
  }

  /** Something arrives from the other side. */
  receive(text: string, more: Partial<Message> = {}): Message {
    return this.#add({ kind: 'text', text, from: 'them', state: 'received', ...more } as Partial<Message>);
  }

  /** A message's state changes. */
  setState(n: number, state: Message['state']): void {
    this.entries[n - 1] = { ...(this.entries[n - 1] as Message), state };
    this.#device.emit({ type: 'state', chat: this.n, n, state });
  }

  destroy(n: number): void {
    const { from, state, at, timer } = this.entries[n - 1] as Message;
    this.entries[n - 1] = { kind: 'destroyed', n, from, state, at, timer };
    this.#device.emit({ type: 'destroyed', chat: this.n, n, why: 'timer' });
  }

  async accept(): Promise<void> {
    this.#require('requested');
    this.state = 'open';
    this.#device.emit({ type: 'accepted', chat: this.n, name: this.name });
  }

  async reject(): Promise<void> {
    this.#require('requested');
    this.#device.forget(this, 'rejected');
  }

  async block(): Promise<void> {
    this.#device.forget(this, 'blocked');
  }

  async cancel(): Promise<void> {
    this.#require('waiting');
    this.#device.forget(this, 'cancelled');
  }

  async sendText(text: string, { replyTo }: { readonly replyTo?: number } = {}): Promise<Message> {
    this.#require('open', 'waiting');
    const reply = replyTo === undefined ? {} : { replyTo };
    return this.#add({ kind: 'text', text, from: 'me', state: 'queued', ...reply } as Partial<Message>);
  }

  async messages({ before, after, limit = 50 }: HistoryQuery = {}): Promise<Message[]> {
    const found = this.entries.filter(({ n }) => n < (before ?? Number.POSITIVE_INFINITY) && n > (after ?? 0));
    return after === undefined ? found.slice(-limit) : found.slice(0, limit);
  }

  async message(n: number): Promise<Message | undefined> {
    return this.entries[n - 1];
  }

  async markRead(n: number | readonly number[]): Promise<void> {
    const numbers = typeof n === 'number' ? [n] : [...n];
    this.marked.push(numbers);
    for (const number of numbers) {
      const entry = this.entries[number - 1];
      if (entry?.from === 'them') {
        this.entries[number - 1] = { ...entry, state: 'read' };
      }
    }
  }

  typing(): void {
    this.typed += 1;
  }

  fingerprint(): Fingerprint {
    return {
      digits: Array.from({ length: 12 }, (_, i) => String(10_000 + i)),
      words: Array.from({ length: 18 }, (_, i) => `word${i}`),
      picture: Array.from({ length: 121 }, (_, i) => i % 8),
    };
  }

  async markVerified(verified = true): Promise<void> {
    this.verified = verified;
  }

  async rename(name: string): Promise<void> {
    this.localName = name === '' ? undefined : name;
  }

  async end(): Promise<void> {
    this.#require('open', 'stale');
    this.state = 'ended';
    this.#device.emit({ type: 'ended', chat: this.n, why: 'ended' });
  }

  #add(entry: Partial<Message>): Message {
    const n = this.entries.length + 1;
    const message = { n, at: FIRST_AT + n * 60_000, timer: 'off', ...entry } as Message;
    this.entries.push(message);
    this.#device.emit({ type: 'message', chat: this.n, message });
    return message;
  }

  #require(...states: readonly ChatState[]): void {
    if (!states.includes(this.state)) {
      throw new ClientError('WRONG_STATE', `this cannot be done while the chat is ${this.state}`);
    }
  }
}
