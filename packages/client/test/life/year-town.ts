/** Where a year passes: one clock, one relay, and people whose devices are open for some seconds now and then. */

import { type BlobStore, type Device, type DeviceEvent, memoryBlobs, openDevice } from '../../src/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { KeptStore } from '../support/kept-store.ts';
import { LinkedTransport } from '../support/linked-transport.ts';
import { seededBytes } from '../support/seeded.ts';
import { UnpluggedRelay } from '../support/unplugged-relay.ts';

export const SECOND_MS = 1_000;
export const DAY_MS = 86_400_000;
/** As often as a promise is looked at. */
const STEP_MS = 100;
/** Nothing that a person waits for takes longer. */
const PATIENCE_MS = 120_000;
const RELAY = 'wss://one.test';

export class Town {
  readonly clock: FakeClock;
  readonly relay: UnpluggedRelay;
  readonly #startMs: number;

  private constructor(clock: FakeClock, relay: UnpluggedRelay) {
    this.clock = clock;
    this.relay = relay;
    this.#startMs = clock.wallMs();
  }

  static async found(seed: number): Promise<Town> {
    const clock = new FakeClock();
    return new Town(clock, await UnpluggedRelay.start(clock, seededBytes(seed)));
  }

  /** Days since it was founded. */
  get day(): number {
    return this.dayOf(this.clock.wallMs());
  }

  dayOf(wallMs: number): number {
    return (wallMs - this.#startMs) / DAY_MS;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settled();
  }

  /** Lets time pass until that day; harmless if it is over. */
  async until(day: number): Promise<void> {
    await this.pass(Math.max(0, (day - this.day) * DAY_MS));
  }

  /** Lets time pass until `promise` settles. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const end = this.clock.monotonicMs() + PATIENCE_MS;
    let isSettled = false;
    const done = () => {
      isSettled = true;
    };
    promise.then(done, done);
    await settled();
    while (!isSettled) {
      if (this.clock.monotonicMs() >= end) {
        throw new Error(`on day ${this.day} something did not end`);
      }
      await this.pass(STEP_MS);
    }
    return promise;
  }
}

/** What somebody has chosen for an absence; what is left out is as for everyone. */
export interface Precautions {
  readonly accountWeeks?: number;
  readonly storeDays?: number;
}

export class Resident {
  readonly name: string;
  readonly precautions: Precautions;
  readonly store: KeptStore = new KeptStore();
  readonly blobs: BlobStore = memoryBlobs();
  readonly keyFile: Uint8Array;
  /** Everything that the devices opened so far have told. */
  readonly events: DeviceEvent[] = [];
  /** The day on which relays last heard of them. */
  lastDay = 0;
  /** The account was deleted, or the store erased itself. */
  isOver = false;
  readonly #town: Town;
  readonly #random: (length: number) => Uint8Array;
  #device: Device | undefined;

  constructor(town: Town, index: number, precautions: Precautions) {
    this.name = `resident ${index}`;
    this.precautions = precautions;
    this.#town = town;
    this.#random = seededBytes(index);
    this.keyFile = seededBytes(index + 1_000_000)(32);
  }

  get device(): Device {
    if (this.#device === undefined) {
      throw new Error(`${this.name} is not there`);
    }
    return this.#device;
  }

  /** @param isOnline false: their device is open, and reaches nobody */
  async come(isOnline = true): Promise<void> {
    const transport = new LinkedTransport({ [RELAY]: this.#town.relay.from(this.name) });
    transport.isReachable = isOnline;
    const { keyFile, name, blobs } = this;
    const { clock, relay } = this.#town;
    const own = { store: this.store.opened(), keyFile, name, relay: RELAY, files: blobs, random: this.#random };
    this.#device = await openDevice({ ...own, clock, transport, pieces: relay.pieces });
    this.#device.subscribe((event) => this.events.push(event));
    if (isOnline) {
      this.lastDay = this.#town.day;
    }
  }

  async leave(): Promise<void> {
    await this.#town.run(this.device.close());
    this.#device = undefined;
    this.lastDay = this.#town.day;
  }

  /** What the device told of one type. */
  told<T extends DeviceEvent['type']>(type: T): Extract<DeviceEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DeviceEvent, { type: T }> => event.type === type);
  }
}
