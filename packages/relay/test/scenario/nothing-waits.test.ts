/**
 * Whatever happens on the way, an envelope that was answered `ok` reaches its subscriber: readers that stop and go on,
 * acknowledge late and in part, subscribe again and dial again; and a store that fails now and then.
 */

import { describe, expect, test } from 'vitest';
import { type RelayStore, StoreError } from '../../src/index.ts';
import { type Client, envelope, newOwner, type Owner, sha256 } from '../support/client.ts';
import { gatedStore } from '../support/gated-store.ts';
import { Prng } from '../support/mutate.ts';
import { type TestRelay, testRelay } from '../support/relay.ts';

const MAILBOXES = 12;
const STEPS = 120;
/** Together more than the systems of both sides take into their buffers. */
const MANY = 700;
const nameOf = (bytes: Uint8Array) => Buffer.from(sha256(bytes)).toString('hex');

/** Rejects now and then: a read was not done, an append perhaps was (the promises of {@link RelayStore} allow both). */
function moodyStore(prng: Prng): RelayStore {
  const memory = gatedStore({});
  const fails = () => prng.below(50) === 0;
  const failure = () => new StoreError('UNAVAILABLE', 'the disk is in a mood');
  const read: RelayStore['read'] = async (...args) => {
    if (fails()) {
      throw failure();
    }
    return memory.read(...args);
  };
  const append: RelayStore['append'] = async (items, now) => {
    if (fails()) {
      throw failure();
    }
    const appended = await memory.append(items, now);
    if (fails()) {
      throw failure();
    }
    return appended;
  };
  return new Proxy(memory, {
    get: (target, name) => ({ read, append })[String(name)] ?? Reflect.get(target, name),
  });
}

class Reader {
  readonly #relay: TestRelay;
  readonly #owners: readonly Owner[];
  readonly #seen: Set<string>;
  #client: Client;
  #taken = 0;
  #held: { readonly address: Uint8Array; readonly envelope: Uint8Array }[] = [];

  private constructor(relay: TestRelay, owners: readonly Owner[], client: Client, seen: Set<string>) {
    this.#relay = relay;
    this.#owners = owners;
    this.#client = client;
    this.#seen = seen;
  }

  static async start(relay: TestRelay, owners: readonly Owner[], seen: Set<string>): Promise<Reader> {
    const reader = new Reader(relay, owners, await relay.connect(), seen);
    reader.subscribe(owners);
    return reader;
  }

  subscribe(owners: readonly Owner[]): void {
    for (const owner of owners) {
      this.#client.subscribe(owner).catch(() => undefined);
    }
  }

  get socket(): Client['socket'] {
    return this.#client.socket;
  }

  async dialAgain(): Promise<void> {
    this.#client.end();
    this.#client = await this.#relay.connect();
    this.#taken = 0;
    this.#held = [];
    this.subscribe(this.#owners);
  }

  /** Takes what came, and acknowledges at most `most` of it. */
  async take(most: number): Promise<void> {
    if (this.#client.isClosed) {
      await this.dialAgain();
    }
    for (const reply of this.#client.replies.slice(this.#taken)) {
      if (reply.op === 'envelope') {
        this.#seen.add(nameOf(reply.envelope));
        this.#held.push(reply);
      }
    }
    this.#taken = this.#client.replies.length;
    for (const { address, envelope } of this.#held.splice(0, most)) {
      this.#client.ack(address, [envelope]).catch(() => undefined);
    }
  }
}

describe('nothing waits for ever', () => {
  test.each([
    [1, {}],
    [2, { pushBacklogBytes: 1 }],
    [3, { pushBacklogBytes: 100_000, envelopesInFlight: 8 }],
    [4, { pushBacklogBytes: 300_000, backlogBytesInAll: 350_000 }],
    [5, { pushBacklogBytes: 20_000, backlogBytes: 60_000, envelopesInFlight: 12 }],
    [6, { pushBacklogBytes: 100_000, requestBacklogBytes: 1_000_000 }],
  ])('seed %i, %j', { timeout: 120_000 }, async (seed, limits) => {
    const prng = new Prng(seed * 7919);
    const relay = await testRelay({ store: moodyStore(prng), limits });
    const writer = await relay.connect();
    const owners = Array.from({ length: MAILBOXES }, () => newOwner());
    await Promise.all(owners.map((owner) => writer.open(owner)));
    const seen = new Set<string>();
    const reader = await Reader.start(relay, owners, seen);

    const stored = new Set<string>();
    const put = async () => {
      const [owner, bytes] = [prng.pick(owners), envelope(prng.below(2) === 0 ? 4096 : 16_384)];
      while ((await writer.put(owner.address, bytes)).op !== 'ok') {}
      stored.add(nameOf(bytes));
    };
    for (let step = 0; step < STEPS; step++) {
      switch (prng.below(12)) {
        case 0:
          reader.socket.pause();
          if (prng.below(3) === 0) {
            await Promise.all(Array.from({ length: MANY }, put));
          }
          break;
        case 1:
        case 2:
          reader.socket.resume();
          break;
        case 3:
          reader.subscribe([prng.pick(owners)]);
          break;
        case 4:
          if (prng.below(4) === 0) {
            await reader.dialAgain();
          }
          break;
        case 5:
        case 6:
        case 7:
          await reader.take(prng.below(60));
          break;
        default:
          await Promise.all(Array.from({ length: 1 + prng.below(30) }, put));
      }
    }
    reader.socket.resume();
    const missing = async () => {
      await reader.take(Number.POSITIVE_INFINITY);
      return [...stored].filter((name) => !seen.has(name)).length;
    };
    await expect.poll(missing, { timeout: 60_000, interval: 20 }).toBe(0);
    expect(stored.size).toBeGreaterThan(500);
  });
});
