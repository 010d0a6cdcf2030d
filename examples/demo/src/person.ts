/**
 * A person of the story: a device whose events can be waited for.
 *
 * @module
 */

import { type Chat, type Device, type DeviceEvent, openDevice } from '@secret-chat/client';
import { nodeTransport, openSqliteStore } from '@secret-chat/client/node';
import { systemRandom } from '@secret-chat/crypto';
import type { RelayView } from './relay-view.ts';

/** Nothing in the story takes as long; then something is wrong. */
const PATIENCE_MS = 20_000;
/** No file is fetched by itself: its pieces can be looked at on the relay. */
const NONE = -1;
const KEY_SIZES: readonly number[] = [32, 64];

export class Person {
  readonly name: string;
  readonly folder: string;
  /** What it drew for keys: 32 or 64 bytes each. Nonces and salts have 24. */
  readonly #drawn: Uint8Array[] = [];
  readonly #relay: RelayView;
  readonly #events: DeviceEvent[] = [];
  #device: Device | undefined;
  #wake: () => void = () => {};

  constructor(name: string, folder: string, relay: RelayView) {
    this.name = name;
    this.folder = folder;
    this.#relay = relay;
  }

  /** A device of the same person, with the same passphrase, in another folder. */
  another(folder: string): Person {
    return new Person(this.name, folder, this.#relay);
  }

  async goOnline(): Promise<void> {
    this.#device = await openDevice({
      store: await openSqliteStore(this.folder),
      passphrase: `the passphrase of ${this.name}`,
      name: this.name,
      relay: this.#relay.url,
      transport: this.#relay.tap(nodeTransport()),
      random: (length) => this.#draw(length),
      autoFetchBytes: NONE,
    });
    this.#device.subscribe((event) => {
      this.#events.push(event);
      this.#wake();
    });
  }

  /** Every key of this device, but what it shows to the relay on purpose: half of what addresses of mailboxes are made of. */
  get keys(): readonly Uint8Array[] {
    const shown = new Set(this.#relay.of('open').map(({ random }) => Buffer.from(random).toString('hex')));
    return this.#drawn.filter((bytes) => !shown.has(Buffer.from(bytes).toString('hex')));
  }

  async goOffline(): Promise<void> {
    await this.#device?.close();
    this.#device = undefined;
  }

  /** The device closed by itself: its account was deleted. */
  isGone(): void {
    this.#device = undefined;
  }

  get device(): Device {
    if (this.#device === undefined) {
      throw new Error(`${this.name} is offline`);
    }
    return this.#device;
  }

  /** The oldest one: of the two of the story. */
  get chat(): Chat {
    const chat = this.device.chats[0];
    if (chat === undefined) {
      throw new Error(`${this.name} has no chat`);
    }
    return chat;
  }

  /** The next event that matches; each event is met once. */
  async meets<T extends DeviceEvent['type']>(
    type: T,
    matches: (event: Extract<DeviceEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<DeviceEvent, { type: T }>> {
    for (;;) {
      const at = this.#events.findIndex((event) => event.type === type && matches(event as never));
      if (at >= 0) {
        return this.#events.splice(at, 1)[0] as Extract<DeviceEvent, { type: T }>;
      }
      await this.#next(type);
    }
  }

  /** A text that arrives. */
  async reads(text: string): Promise<number> {
    const { message } = await this.meets(
      'message',
      ({ message }) => message.from === 'them' && message.kind === 'text' && message.text === text,
    );
    return message.n;
  }

  #draw(length: number): Uint8Array {
    const bytes = systemRandom(length);
    if (KEY_SIZES.includes(length)) {
      this.#drawn.push(new Uint8Array(bytes));
    }
    return bytes;
  }

  #next(type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.name} waits in vain for "${type}"`)), PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}
