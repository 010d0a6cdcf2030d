/**
 * A chat without a network: tests say what the other side does.
 *
 * @module
 */

import {
  type Chat,
  type ChatState,
  ClientError,
  type FileSource,
  type HistoryQuery,
  type Message,
  type OpenFile,
  type SendFileOptions,
  type SendPhotoOptions,
  type SentPhoto,
  type SizedSource,
} from '@secret-chat/client';
import type { Fingerprint, TimerValue } from '@secret-chat/crypto';
import type { FakeDevice } from './fake-device.ts';
import { isPhoto, PREVIEW } from './fake-photos.ts';

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
  | 'view'
  | 'closeView'
  | 'setTimer'
  | 'deleteMessages'
  | 'clear'
  | 'sendFile'
  | 'sendPhoto'
  | 'cancelFile'
  | 'fetchFile'
  | 'openFile'
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
  /** What is behind hidden entries. */
  readonly behind: Map<number, Partial<Message>> = new Map();
  /** What files hold, by their messages. */
  readonly contents: Map<number, Uint8Array> = new Map();
  /** What was called, in its order. */
  readonly calls: string[] = [];
  /** What `markRead` and `view` wait for. */
  onDisk: Promise<void> = Promise.resolve();
  /** Of messages that are read or viewed from now on. */
  endsAt: number | undefined;
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

  destroy(n: number, why: 'timer' | 'deleted' | 'cleared' | 'ended' = 'timer'): void {
    const { from, state, at, timer } = this.entries[n - 1] as Message;
    this.entries[n - 1] = { kind: 'destroyed', n, from, state, at, timer };
    this.behind.delete(n);
    this.#device.emit({ type: 'destroyed', chat: this.n, n, why });
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
    return this.#add({
      kind: 'text',
      text,
      from: 'me',
      state: 'queued',
      timer: this.timer,
      ...reply,
    } as Partial<Message>);
  }

  async messages({ before, after, limit = 50 }: HistoryQuery = {}): Promise<Message[]> {
    const there = this.entries.filter(({ kind }) => kind !== 'destroyed');
    const found = there.filter(({ n }) => n < (before ?? Number.POSITIVE_INFINITY) && n > (after ?? 0));
    return after === undefined ? found.slice(-limit) : found.slice(0, limit);
  }

  async message(n: number): Promise<Message | undefined> {
    const entry = this.entries[n - 1];
    return entry?.kind === 'destroyed' ? undefined : entry;
  }

  async markRead(n: number | readonly number[]): Promise<void> {
    const numbers = typeof n === 'number' ? [n] : [...n];
    this.marked.push(numbers);
    this.calls.push(`markRead ${numbers.join(' ')}`);
    await this.onDisk;
    for (const number of numbers) {
      this.#read(number);
    }
  }

  async view(n: number): Promise<Message> {
    this.calls.push(`view ${n}`);
    await this.onDisk;
    const entry = await this.message(n);
    if (entry === undefined) {
      throw new ClientError('NOT_FOUND', `there is no message ${n}`);
    }
    this.entries[n - 1] = { ...entry, ...this.behind.get(n) } as Message;
    this.#read(n);
    return this.entries[n - 1] as Message;
  }

  async closeView(n: number): Promise<void> {
    this.calls.push(`closeView ${n}`);
    if (this.entries[n - 1]?.timer === 'once') {
      this.destroy(n);
    }
  }

  async setTimer(timer: TimerValue): Promise<void> {
    this.timer = timer;
    this.#add({ kind: 'timer', chatTimer: timer, from: 'me', state: 'queued' });
  }

  async deleteMessages(n: number | readonly number[]): Promise<void> {
    const numbers = typeof n === 'number' ? [n] : [...n];
    for (const number of numbers) {
      this.destroy(number, 'deleted');
    }
    this.#device.emit({ type: 'deletion', chat: this.n, numbers, state: 'asked' });
  }

  async clear(): Promise<void> {
    for (const { n } of await this.messages({ limit: 1000 })) {
      this.destroy(n, 'cleared');
    }
  }

  async sendFile(source: FileSource, { name, mediaType = '', preview }: SendFileOptions): Promise<Message> {
    const bytes = source instanceof Uint8Array ? source : await bytesOf(source as SizedSource);
    const about = { name, mediaType, size: bytes.length, ...(preview === undefined ? {} : { preview }) };
    const file = { key: new Uint8Array(32), relay: 'wss://relay.example', expiresAt: 1, ...about };
    const message = this.#add({ kind: 'file', file, fileState: 'uploading', from: 'me', state: 'queued' });
    this.contents.set(message.n, bytes);
    return message;
  }

  async sendPhoto(source: FileSource, { name = 'photo', ...more }: SendPhotoOptions = {}): Promise<SentPhoto> {
    if (!this.#device.hasPhotos) {
      return { message: await this.sendFile(source, { ...more, name }), sentAs: 'file' };
    }
    const bytes = await bytesOf(source as SizedSource);
    if (!isPhoto(bytes)) {
      throw new ClientError('PHOTO_UNREADABLE', 'the JPEG is damaged');
    }
    const encoded = { name: name.replace(/\.\w+$/, '.jpg'), mediaType: 'image/jpeg', preview: PREVIEW };
    return { message: await this.sendFile(bytes, encoded), sentAs: 'photo' };
  }

  async cancelFile(n: number): Promise<void> {
    this.calls.push(`cancelFile ${n}`);
  }

  async fetchFile(n: number): Promise<void> {
    this.calls.push(`fetchFile ${n}`);
  }

  async openFile(n: number): Promise<OpenFile> {
    const bytes = this.contents.get(n) ?? new Uint8Array(0);
    return {
      size: bytes.length,
      name: 'file',
      mediaType: '',
      read: async (offset, length) => bytes.slice(offset, offset + length),
      async *stream() {
        yield bytes;
      },
      close: async () => {},
    };
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

  #read(n: number): void {
    const entry = this.entries[n - 1];
    if (entry?.from === 'them') {
      const runs = typeof entry.timer === 'number' && this.endsAt !== undefined && entry.kind !== 'hidden';
      this.entries[n - 1] = { ...entry, state: 'read', ...(runs ? { endsAt: this.endsAt as number } : {}) };
    }
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

async function bytesOf(source: SizedSource): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of source.stream() as AsyncIterable<Uint8Array>) {
    blocks.push(block.slice());
  }
  await source.close?.();
  return Buffer.concat(blocks);
}
