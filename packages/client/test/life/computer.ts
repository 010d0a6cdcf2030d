/** Somebody's computer: a disk that stays, a clock that can be turned, and a process of the client, or none. */

import type { ChatSession } from '../../src/chat/chat-session.ts';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { MESSAGE, type MessageRecord } from '../../src/chat/message-record.ts';
import type { Clock } from '../../src/effects.ts';
import type { BlobStore, Device, DeviceEvent, Message, PhotoEncoder, StoredRecord } from '../../src/index.ts';
import { memoryBlobs } from '../../src/index.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import type { LinkedTransport } from '../support/linked-transport.ts';
import type { Person, PersonOptions, World } from '../support/people.ts';
import { seededBytes } from '../support/seeded.ts';
import { MachineClock } from './machine-clock.ts';
import { LivingStore, livingBlobs, type PieceShelf, ProcessLife } from './process-life.ts';

/** An event, and when it was told, in ms of the world. */
export interface ToldEvent {
  readonly atMs: number;
  readonly event: DeviceEvent;
}

export interface ComputerOptions {
  readonly shelf: PieceShelf;
  readonly seed: number;
  readonly snapshot?: readonly StoredRecord[];
  readonly blobs?: BlobStore;
  /** Files that were sent stay here. */
  readonly keepsSentFiles?: boolean;
  readonly autoFetchBytes?: number;
}

/** Every photo becomes the same picture. */
const ENCODER: PhotoEncoder = {
  isAvailable: async () => true,
  encode: async () => ({
    bytes: new Uint8Array(3_000).fill(7),
    mediaType: 'image/webp',
    width: 40,
    height: 30,
    preview: new Uint8Array(20).fill(9),
  }),
};

export class Computer {
  readonly name: string;
  readonly clock: MachineClock;
  readonly blobs: BlobStore;
  /** Of all lives. */
  readonly told: ToldEvent[] = [];
  isOnline = true;
  isAsleep = false;
  life: ProcessLife;
  readonly #world: World;
  readonly #options: ComputerOptions;
  readonly #random: (length: number) => Uint8Array;
  #store: MemoryStore | undefined;
  #person: Person | undefined;
  #transport: LinkedTransport | undefined;

  constructor(world: World, name: string, options: ComputerOptions) {
    this.#world = world;
    this.#options = options;
    this.name = name;
    this.clock = new MachineClock(world.clock);
    this.blobs = options.blobs ?? memoryBlobs();
    this.#random = seededBytes(options.seed);
    this.life = this.#newLife();
  }

  get isOn(): boolean {
    return this.#person !== undefined;
  }

  get person(): Person {
    if (this.#person === undefined) {
      throw new Error(`${this.name}'s computer is off`);
    }
    return this.#person;
  }

  get device(): Device {
    return this.person.device;
  }

  chat(n = 1): LiveChat {
    return this.person.chat(n) as LiveChat;
  }

  session(n = 1): ChatSession {
    return this.chat(n).session;
  }

  /** What is on the disk. */
  snapshot(): StoredRecord[] {
    return this.#store?.snapshot() ?? [];
  }

  /** Starts the process; false if it dies at `dieAt` before the device is open. */
  async start(dieAt = Number.POSITIVE_INFINITY): Promise<boolean> {
    const snapshot = this.#store?.snapshot() ?? this.#options.snapshot;
    const life = this.#newLife();
    this.life = life;
    life.dieAt(dieAt);
    const opening = this.#world.open(this.name, this.#optionsOf(life, snapshot));
    opening.catch(() => {});
    const person = await Promise.race([opening, life.over]);
    if (person === undefined || life.isOver) {
      return false;
    }
    this.#person = person;
    person.device.subscribe((event) => {
      if (!life.isOver) {
        this.told.push({ atMs: this.#world.clock.monotonicMs(), event });
      }
    });
    return true;
  }

  /** The process is gone from one moment to the next. */
  kill(): void {
    this.wake();
    this.life.end();
    this.#person?.kill();
    this.#person = undefined;
  }

  /** As programs end. */
  async quit(): Promise<void> {
    await this.person.close();
    this.#person = undefined;
    this.life.end();
  }

  goOffline(): void {
    this.isOnline = false;
    this.#cut();
  }

  goOnline(): void {
    this.isOnline = true;
    this.#reconnect();
  }

  /** As if its line were cut, and nothing runs. */
  sleep(): void {
    this.isAsleep = true;
    this.#cut();
    this.clock.sleep();
  }

  wake(): void {
    if (this.isAsleep) {
      this.isAsleep = false;
      this.clock.wake();
      this.#reconnect();
    }
  }

  /** What the relay sends arrives after `ms` only; what this one sends arrives at once. */
  async lag(ms: number): Promise<void> {
    const transport = this.#transport as LinkedTransport;
    const move = (direction: 'up' | 'down') => {
      for (const socket of [...transport.sockets]) {
        while (socket.step(direction)) {}
      }
    };
    transport.isFlowing = false;
    for (let i = 0; i < 8; i++) {
      await this.#world.advance(ms / 8);
      move('up');
    }
    transport.isFlowing = true;
    move('down');
    move('up');
    await this.#world.advance(0);
  }

  /** The entries of a chat that are on the disk, whether they are shown or not. */
  async entries(n = 1): Promise<(MessageRecord & { readonly n: number })[]> {
    const { context, scope } = this.session(n);
    const page = await context.vault.page(MESSAGE, scope);
    return page.map(({ position, value }) => ({ ...value, n: position }));
  }

  history(n = 1): Promise<Message[]> {
    return this.chat(n).messages({ limit: 1_000 });
  }

  #optionsOf(life: ProcessLife, snapshot: readonly StoredRecord[] | undefined): PersonOptions {
    const { shelf, keepsSentFiles = false, autoFetchBytes } = this.#options;
    return {
      ...(snapshot === undefined ? {} : { snapshot }),
      wrap: (store) => {
        this.#store = store;
        return new LivingStore(store, life);
      },
      onTransport: (transport) => {
        this.#transport = transport;
      },
      isOnline: this.isOnline,
      isListening: false,
      random: this.#random,
      device: {
        clock: clockOf(this.clock, life),
        files: livingBlobs(this.blobs, life),
        pieces: shelf.transport(life, () => this.isOnline && !this.isAsleep),
        photos: ENCODER,
        keepsSentFiles,
        ...(autoFetchBytes === undefined ? {} : { autoFetchBytes }),
      },
    };
  }

  #newLife(): ProcessLife {
    return new ProcessLife(() => {
      this.clock.dropTimers();
      this.#cut();
    });
  }

  #cut(): void {
    if (this.#transport !== undefined) {
      this.#transport.isReachable = false;
      for (const socket of [...this.#transport.sockets]) {
        socket.cut();
      }
    }
  }

  #reconnect(): void {
    if (this.isOnline && !this.isAsleep && this.#transport !== undefined && this.#person !== undefined) {
      this.#transport.isReachable = true;
      this.#person.device.retryNow();
    }
  }
}

/** Whoever is gone waits for nothing any more. */
function clockOf(clock: MachineClock, life: ProcessLife): Clock {
  return {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (ms, run) => (life.isOver ? () => {} : clock.after(ms, run)),
  };
}
