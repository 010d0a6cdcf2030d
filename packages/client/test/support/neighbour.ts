/** Someone with a device on this machine: a store on disk or in memory, real sockets, and the machine's own clock. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Chat, Device, DeviceEvent, Message, Store, StoredRecord } from '../../src/index.ts';
import { openDevice } from '../../src/index.ts';
import { nodeTransport, openSqliteStore } from '../../src/node/index.ts';
import { memoryStore } from '../../src/store/memory-store.ts';

const DEADLINE_MS = 60_000;
const ALL = Number.MAX_SAFE_INTEGER;

export class Neighbour {
  readonly name: string;
  readonly events: DeviceEvent[] = [];
  /** Where the store is; in memory without one. */
  readonly #folder: string | undefined;
  #snapshot: readonly StoredRecord[] = [];
  readonly #relay: string;
  /** Counted, since thousands come. */
  readonly #heard = new Map<number, number>();
  readonly #wakers = new Set<() => void>();
  #device: Device | undefined;

  private constructor(name: string, relay: string, storeIn: 'disk' | 'memory') {
    this.name = name;
    this.#relay = relay;
    const folder = storeIn === 'disk' ? mkdtempSync(join(tmpdir(), 'secret-chat-device-')) : undefined;
    this.#folder = folder;
    onTestFinished(async () => {
      await this.#device?.close();
      if (folder !== undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  /** Ends with the test, and its store with it. */
  static async open(name: string, relay: string, storeIn: 'disk' | 'memory' = 'disk'): Promise<Neighbour> {
    const neighbour = new Neighbour(name, relay, storeIn);
    await neighbour.start();
    return neighbour;
  }

  async start(): Promise<void> {
    const store = this.#folder === undefined ? this.#inMemory() : await openSqliteStore(this.#folder);
    const keyFile = new Uint8Array(32).fill(7);
    this.#device = await openDevice({
      store,
      keyFile,
      name: this.name,
      relay: this.#relay,
      transport: nodeTransport(),
    });
    this.#device.subscribe((event) => {
      this.events.push(event);
      if (event.type === 'message' && event.message.from === 'them') {
        this.#heard.set(event.chat, this.heard(event.chat) + 1);
      }
      for (const wake of this.#wakers) {
        wake();
      }
    });
  }

  async close(): Promise<void> {
    await this.device.close();
    this.#device = undefined;
  }

  get device(): Device {
    if (this.#device === undefined) {
      throw new Error(`${this.name}'s device is not open`);
    }
    return this.#device;
  }

  #inMemory(): Store {
    const store = memoryStore(this.#snapshot);
    const close = store.close.bind(store);
    store.close = async () => {
      this.#snapshot = store.snapshot();
      await close();
    };
    return store;
  }

  /** @param n the newest if left out */
  chat(n?: number): Chat {
    const chat = n === undefined ? this.device.chats.at(-1) : this.device.chat(n);
    if (chat === undefined) {
      throw new Error(`${this.name} has no such chat`);
    }
    return chat;
  }

  /** Uses an invite of `other`, and resolves once both can talk. */
  async visit(other: Neighbour): Promise<void> {
    const { link } = await other.device.createInvite();
    const chat = await this.device.join(link);
    const isAsked = () =>
      other.device.chats.some(({ state, theirName }) => state === 'requested' && theirName === this.name);
    await other.until(isAsked);
    await other.device.chats.find(({ state }) => state === 'requested')?.accept();
    await this.until(() => chat.state === 'open');
  }

  /** Looks again whenever something was told; fails when the deadline is over. */
  until(isSo: () => boolean, deadlineMs: number = DEADLINE_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (end: () => void) => {
        clearTimeout(timer);
        this.#wakers.delete(look);
        end();
      };
      const look = () => {
        if (isSo()) {
          finish(resolve);
        }
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`${this.name} waited ${deadlineMs} ms in vain for ${isSo}`))),
        deadlineMs,
      );
      this.#wakers.add(look);
      look();
    });
  }

  told<T extends DeviceEvent['type']>(type: T): Extract<DeviceEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DeviceEvent, { type: T }> => event.type === type);
  }

  /** How many messages of theirs were told. */
  heard(chat: number): number {
    return this.#heard.get(chat) ?? 0;
  }

  history(chat: Chat): Promise<Message[]> {
    return chat.messages({ limit: ALL });
  }
}
