/** Two people whose chat is open, with files, on a real relay of this process and the machine's own clock. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Relay } from '@secret-chat/relay';
import { onTestFinished } from 'vitest';
import type { Chat, Device, DeviceEvent, Message, OpenDeviceOptions } from '../../src/index.ts';
import { memoryBlobs, memoryStore, openDevice } from '../../src/index.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { testRelay } from '../support/relay.ts';

const SCRYPT = { logN: 10, r: 8, p: 1 } as const;
const PASSPHRASE = 'correct horse battery staple';
const DEADLINE_MS = 30_000;
const POLL_MS = 5;

export type Options = Partial<Omit<OpenDeviceOptions, 'passphrase' | 'keyFile'>>;
export type FileMessage = Extract<Message, { kind: 'file' }>;

export class User {
  readonly name: string;
  readonly events: DeviceEvent[] = [];
  readonly #options: OpenDeviceOptions;
  device!: Device;

  constructor(name: string, relay: string, options: Options) {
    this.name = name;
    this.#options = {
      store: memoryStore(),
      passphrase: PASSPHRASE,
      name,
      relay,
      transport: wsTransport(),
      pieces: nodePieceTransport(),
      files: memoryBlobs(),
      scrypt: SCRYPT,
      ...options,
    };
  }

  /** @param options other than before */
  async open(options: Options = {}): Promise<this> {
    const device = await openDevice({ ...this.#options, ...options } as OpenDeviceOptions);
    this.device = device;
    device.subscribe((event) => this.events.push(event));
    onTestFinished(() => device.close());
    return this;
  }

  get chat(): Chat {
    return this.device.chats[0] as Chat;
  }

  told<T extends DeviceEvent['type']>(type: T): Extract<DeviceEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DeviceEvent, { type: T }> => event.type === type);
  }

  /** The file of entry `n`; of the last one if `n` is left out. */
  async file(n?: number): Promise<FileMessage> {
    const messages = await this.chat.messages({ limit: 1000 });
    const found = messages.filter((message): message is FileMessage => message.kind === 'file');
    const message = n === undefined ? found.at(-1) : found.find((entry) => entry.n === n);
    if (message === undefined) {
      throw new Error(`${this.name} has no file`);
    }
    return message;
  }

  async fileCount(): Promise<number> {
    return (await this.chat.messages({ limit: 1000 })).filter(({ kind }) => kind === 'file').length;
  }

  /** Once the last file is in this state. */
  async untilFile(state: FileMessage['fileState'], count = 1): Promise<FileMessage> {
    return until(async () => {
      if ((await this.fileCount()) < count) {
        return undefined;
      }
      const file = await this.file();
      return file.fileState === state ? file : undefined;
    }, `${this.name}'s file is ${state}`);
  }

  async content(n?: number): Promise<Uint8Array> {
    const file = await this.chat.openFile((await this.file(n)).n);
    try {
      const blocks: Uint8Array[] = [];
      for await (const block of file.stream()) {
        blocks.push(block);
      }
      return new Uint8Array(Buffer.concat(blocks));
    } finally {
      await file.close();
    }
  }
}

export interface Pair {
  readonly relay: Relay;
  readonly sender: User;
  readonly receiver: User;
}

/** `sender` made the invite. */
export async function pair(options: { sender?: Options; receiver?: Options; relay?: Relay } = {}): Promise<Pair> {
  const relay = options.relay ?? (await testRelay());
  const sender = await new User('Anna', relay.origins[0] as string, options.sender ?? {}).open();
  const receiver = await new User('Ben', relay.origins[0] as string, options.receiver ?? {}).open();
  await meet(sender, receiver);
  return { relay, sender, receiver };
}

export async function meet(inviting: User, joining: User): Promise<void> {
  const { link } = await inviting.device.createInvite();
  await joining.device.join(link);
  const chat = await until(() => inviting.device.chats.find(({ state }) => state === 'requested'), 'a request');
  await chat.accept();
  await until(() => joining.device.chats.find(({ state }) => state === 'open'), 'an open chat');
}

/** The first value that `look` finds. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (performance.now() > deadline) {
      throw new Error(`this did not come: ${what}`);
    }
    await pause(POLL_MS);
  }
}

/** Bytes that are the same at every run, and nowhere alike. */
export function sample(size: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed * 0x9e37_79b9 + 1;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = state ^ (state >>> 15);
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** A comparison that does not take a second for each MiB. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
