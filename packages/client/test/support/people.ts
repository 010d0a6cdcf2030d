/**
 * People with devices, on relays of this process and a clock that only the test moves.
 *
 * @example
 * ```ts
 * const world = await World.create();
 * const [alice, bob] = await world.people('Alice', 'Bob');
 * const { inviting, joining } = await world.meet(alice, bob);
 * await joining.sendText('hello');
 * await world.until(() => alice.texts(inviting.n).includes('hello'));
 * ```
 */

import { onTestFinished } from 'vitest';
import type {
  Chat,
  Device,
  DeviceEvent,
  Message,
  MessageBody,
  OpenDeviceOptions,
  Store,
  StoredRecord,
} from '../../src/index.ts';
import { openDevice } from '../../src/index.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory-store.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { LinkedTransport } from './linked-transport.ts';
import { LyingRelay } from './lying-relay.ts';

/** The least that the vault takes: what a passphrase costs is not what these tests are about. */
const SCRYPT = { logN: 10, r: 8, p: 1 } as const;
export const PASSPHRASE = 'correct horse battery staple';
/** More than any delay between two people who are both online. */
const SOON_MS = 60_000;
const STEP_MS = 100;

/** How someone's device is opened; what is left out is as for everyone. */
export interface PersonOptions {
  readonly relay?: string;
  /** Where it goes on from; a new store if left out. */
  readonly snapshot?: readonly StoredRecord[];
  /** Puts something between device and store. */
  readonly wrap?: (store: MemoryStore) => Store;
  readonly isOnline?: boolean;
  /** Shown the person's sockets, before the device is opened. */
  readonly onTransport?: (transport: LinkedTransport) => void;
  readonly random?: OpenDeviceOptions['random'];
  /** False: nobody listens to the device's events. */
  readonly isListening?: boolean;
  /** What else it is opened with. */
  readonly device?: Partial<OpenDeviceOptions>;
}

export class World {
  readonly clock: FakeClock = new FakeClock();
  readonly relays: ReadonlyMap<string, LyingRelay>;
  readonly #open = new Set<Person>();

  private constructor(relays: ReadonlyMap<string, LyingRelay>) {
    this.relays = relays;
  }

  /** With relays `wss://one.test`, `wss://two.test` …; ends with the test. */
  static async create(relays: readonly string[] = ['wss://one.test']): Promise<World> {
    const started = new Map<string, LyingRelay>();
    for (const origin of relays) {
      started.set(origin, await LyingRelay.start());
    }
    const world = new World(started);
    onTestFinished(async () => {
      for (const person of [...world.#open]) {
        person.kill();
      }
      await settled();
    });
    return world;
  }

  /** The first relay. */
  get relay(): LyingRelay {
    return [...this.relays.values()][0] as LyingRelay;
  }

  /** Puts a relay that knows nothing in the place of one. */
  async replaceRelay(origin: string): Promise<LyingRelay> {
    const before = this.relays.get(origin) as LyingRelay;
    const memory = before.memory;
    before.cutAll();
    memory.mailboxes.clear();
    memory.cards.clear();
    return before;
  }

  async open(name: string, options: PersonOptions = {}): Promise<Person> {
    const person = new Person(this, name, options);
    this.#open.add(person);
    await person.start();
    return person;
  }

  /** Opens several at once, alike. */
  async people<N extends readonly string[]>(...names: N): Promise<{ [I in keyof N]: Person }> {
    return (await Promise.all(names.map((name) => this.open(name)))) as unknown as { [I in keyof N]: Person };
  }

  /** `inviting` makes an invite that `joining` uses; resolves once both sides are open and everything is acknowledged. */
  async meet(
    inviting: Person,
    joining: Person,
    text?: string,
  ): Promise<{ readonly inviting: Chat; readonly joining: Chat }> {
    const { link } = await this.run(inviting.device.createInvite());
    const theirs = await this.run(joining.device.join(link, text === undefined ? {} : { text }));
    const mine = await this.requested(inviting, joining.name);
    await this.run(mine.accept());
    await this.until(() => theirs.state === 'open');
    await this.advance(SOON_MS);
    return { inviting: mine, joining: theirs };
  }

  /** The chat in which `name` asks `person`. */
  async requested(person: Person, name: string): Promise<Chat> {
    const find = () => person.device.chats.find((chat) => chat.state === 'requested' && chat.theirName === name);
    await this.until(() => find() !== undefined);
    return find() as Chat;
  }

  /** Lets time pass until `isSo`; fails if that takes longer than `limitMs` of the clock. */
  async until(isSo: () => boolean | Promise<boolean>, limitMs = SOON_MS, stepMs = STEP_MS): Promise<void> {
    const end = this.clock.monotonicMs() + limitMs;
    await settled();
    while (!(await isSo())) {
      if (this.clock.monotonicMs() >= end) {
        throw new Error(`${limitMs} ms have passed, and still not: ${isSo}`);
      }
      await this.clock.advance(stepMs);
      await settled();
    }
  }

  /** Lets time pass until `promise` settles. */
  async run<T>(promise: Promise<T>, limitMs = SOON_MS): Promise<T> {
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    promise.then(done, done);
    await this.until(() => isSettled, limitMs);
    return promise;
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settled();
  }

  /** @internal */
  left(person: Person): void {
    this.#open.delete(person);
  }
}

export class Person {
  readonly name: string;
  readonly events: DeviceEvent[] = [];
  readonly transport: LinkedTransport;
  readonly store: MemoryStore;
  readonly #world: World;
  readonly #options: PersonOptions;
  #device: Device | undefined;

  constructor(world: World, name: string, options: PersonOptions) {
    this.name = name;
    this.#world = world;
    this.#options = options;
    this.transport = new LinkedTransport(Object.fromEntries(world.relays));
    this.transport.isReachable = options.isOnline ?? true;
    options.onTransport?.(this.transport);
    this.store = memoryStore(options.snapshot);
  }

  get device(): Device {
    if (this.#device === undefined) {
      throw new Error(`${this.name}'s device is not open`);
    }
    return this.#device;
  }

  async start(): Promise<void> {
    const { wrap, relay, random, device, isListening = true } = this.#options;
    this.#device = await openDevice({
      store: wrap === undefined ? this.store : wrap(this.store),
      passphrase: PASSPHRASE,
      name: this.name,
      relay: relay ?? ([...this.#world.relays.keys()][0] as string),
      clock: this.#world.clock,
      transport: this.transport,
      scrypt: SCRYPT,
      ...(random === undefined ? {} : { random }),
      ...device,
    } as OpenDeviceOptions);
    if (isListening) {
      this.listen();
    }
  }

  listen(): void {
    this.device.subscribe((event) => this.events.push(event));
  }

  get chats(): readonly Chat[] {
    return this.device.chats;
  }

  chat(n = 1): Chat {
    const chat = this.device.chat(n);
    if (chat === undefined) {
      throw new Error(`${this.name} has no chat ${n}`);
    }
    return chat;
  }

  goOffline(): void {
    this.transport.isReachable = false;
    for (const socket of [...this.transport.sockets]) {
      socket.cut();
    }
  }

  goOnline(): void {
    this.transport.isReachable = true;
    this.#device?.retryNow();
  }

  async close(): Promise<void> {
    await this.#world.run(this.device.close());
    this.#world.left(this);
  }

  /** The process is gone: nothing is written or sent any more. */
  kill(): void {
    this.goOffline();
    this.#device?.close().catch(() => {});
    this.store.close().catch(() => {});
    this.#world.left(this);
  }

  /** What is in the store now: a copy of it. */
  snapshot(): StoredRecord[] {
    return this.store.snapshot();
  }

  /** Starts again from what is in the store, or from an earlier copy; a device that is still open is killed. */
  reopen(options: PersonOptions = {}): Promise<Person> {
    const snapshot = options.snapshot ?? this.snapshot();
    this.kill();
    return this.#world.open(this.name, { ...this.#options, ...options, snapshot });
  }

  /** A second process on a copy of the store; this one goes on. */
  copy(options: PersonOptions = {}): Promise<Person> {
    return this.#world.open(this.name, { ...this.#options, snapshot: this.snapshot(), ...options });
  }

  /** Events of one type. */
  told<T extends DeviceEvent['type']>(type: T): Extract<DeviceEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DeviceEvent, { type: T }> => event.type === type);
  }

  /** Texts that were told as theirs, in the order in which that happened. */
  heard(chat = 1): string[] {
    return this.told('message').flatMap(({ chat: n, message }) =>
      n === chat && message.from === 'them' && message.kind === 'text' ? [message.text] : [],
    );
  }

  history(chat = 1): Promise<Message[]> {
    return this.chat(chat).messages({ limit: 100_000 });
  }

  /** The history as a person reads it: texts, and other entries by their kind in angle brackets. */
  async read(chat = 1): Promise<string[]> {
    return (await this.history(chat)).map((entry) => `${entry.from}: ${shown(entry)}`);
  }
}

function shown(entry: MessageBody): string {
  switch (entry.kind) {
    case 'text':
      return entry.text;
    case 'missing':
      return `<missing ${entry.count}>`;
    default:
      return `<${entry.kind}>`;
  }
}
