/** A device that talks over a bad network: it sends numbered texts, reads what comes, and keeps count of what it is told. */

import type { LiveChat } from '../../src/chat/live-chat.ts';
import type { Chat } from '../../src/chat.ts';
import { openDevice } from '../../src/device/open-device.ts';
import type { Device } from '../../src/device.ts';
import type { Clock } from '../../src/effects.ts';
import { isClientError } from '../../src/errors.ts';
import type { DeviceEvent } from '../../src/events.ts';
import { wsTransport } from '../../src/node/ws-transport.ts';
import { memoryStore } from '../../src/store/memory-store.ts';

const ALL = Number.MAX_SAFE_INTEGER;
/** Ahead of the other side by so many texts at most. */
const AHEAD = 20;
const LOOK_MS = 20;
/** For anything that is waited for. */
const DEADLINE_MS = 30_000;

export class Talker {
  readonly name: string;
  readonly device: Device;
  readonly events: DeviceEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #sent = 0;
  #received = 0;

  private constructor(name: string, device: Device) {
    this.name = name;
    this.device = device;
    device.subscribe((event) => {
      this.events.push(event);
      if (event.type === 'message' && event.message.kind === 'text' && event.message.from === 'them') {
        this.#received += 1;
        // Not awaited: whoever shows messages does not wait for the disk either.
        this.chat.markRead(event.message.n).catch(() => {});
      }
      for (const listener of [...this.#listeners]) {
        listener();
      }
    });
  }

  static async open(name: string, relay: string, clock: Clock): Promise<Talker> {
    const device = await openDevice({
      ...{ store: memoryStore(), keyFile: new Uint8Array(32).fill(7), name, relay, clock },
      transport: wsTransport(),
    });
    return new Talker(name, device);
  }

  get chat(): LiveChat {
    return this.device.chats[0] as LiveChat;
  }

  /** Tries until the network lets it. */
  async invite(): Promise<string> {
    const { link } = await persistently(() => this.device.createInvite());
    return link;
  }

  async join(link: string): Promise<Chat> {
    return persistently(() => this.device.join(link));
  }

  /** Sends so many texts, some ahead of the other side. */
  async talk(texts: number): Promise<void> {
    while (this.#sent < texts) {
      await this.until('an answer', () => this.#sent < this.#received + AHEAD);
      this.#sent += 1;
      await this.chat.sendText(`${this.name} ${this.#sent}`);
    }
  }

  /** Resolves once `isTrue`; what changes without an event (an outbox that empties) is looked for now and then. */
  until(what: string, isTrue: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#listeners.delete(check);
        clearInterval(look);
        clearTimeout(deadline);
      };
      const check = () => {
        if (isTrue()) {
          stop();
          resolve();
        }
      };
      const look = setInterval(check, LOOK_MS);
      const deadline = setTimeout(() => {
        stop();
        reject(new Error(`${this.name}: ${what} did not come; ${this.#state()}`));
      }, DEADLINE_MS);
      this.#listeners.add(check);
      check();
    });
  }

  #state(): string {
    const { record, outbox, ahead } = this.chat.session;
    const { state, nextSeq, sealedSeq, covered, got, surfaced, told } = record;
    const counts = { state, nextSeq, sealedSeq, covered, got, surfaced, told, outbox: outbox.size, ahead: ahead.size };
    const links = this.device.links().map(({ link }) => link.state);
    const errors = this.events.filter(({ type }) => type === 'error');
    return JSON.stringify({ ...counts, sent: this.#sent, received: this.#received, links, errors });
  }

  get received(): number {
    return this.#received;
  }

  /** What the other side said, in the order of the history. */
  async heard(): Promise<string[]> {
    const history = await this.chat.messages({ limit: ALL });
    return history.flatMap((entry) => (entry.from === 'them' && entry.kind === 'text' ? [entry.text] : []));
  }
}

async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isClientError(error, 'RELAY_UNREACHABLE', 'RELAY_MISBEHAVED')) {
        throw error;
      }
    }
  }
}
