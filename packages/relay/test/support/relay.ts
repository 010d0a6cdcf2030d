/** A listening relay for one test, ended with it. */

import { onTestFinished } from 'vitest';
import { type Effects, type Relay, type RelayOptions, startRelay, systemEffects } from '../../src/index.ts';
import { Client } from './client.ts';

/** Tests send faster than people, and jump over hours in which nobody could answer a ping. */
const FAST = { framesPerSecond: 1_000_000, putsPerSecond: 1_000_000, heartbeatSeconds: 1_000_000 } as const;

export interface TestRelay extends Relay {
  connect(options?: ConstructorParameters<typeof Client>[1]): Promise<Client>;
}

export async function testRelay(options: RelayOptions = {}): Promise<TestRelay> {
  const relay = await startRelay({ ...options, limits: { ...FAST, ...options.limits } });
  const clients: Client[] = [];
  onTestFinished(async () => {
    for (const client of clients) {
      client.end();
    }
    await relay.close();
  });
  const connect = async (given: ConstructorParameters<typeof Client>[1] = {}) => {
    const client = await Client.connect(relay.url, given);
    clients.push(client);
    return client;
  };
  return { ...relay, connect };
}

/** A clock that stands still until it is moved; timers run when it passes them. */
export class FakeClock implements Effects {
  #now = 1_800_000_000_000;
  #timers: { at: number; every: number | undefined; run: () => void }[] = [];

  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  random = systemEffects.random;
  soon = systemEffects.soon;

  after = (ms: number, run: () => void): (() => void) => this.#add({ at: this.#now + ms, every: undefined, run });
  every = (ms: number, run: () => void): (() => void) => this.#add({ at: this.#now + ms, every: ms, run });

  /** Runs every timer on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        break;
      }
      this.#now = Math.max(this.#now, next.at);
      if (next.every === undefined) {
        this.#timers = this.#timers.filter((timer) => timer !== next);
      } else {
        next.at += next.every;
      }
      next.run();
    }
    this.#now = end;
  }

  #add(timer: { at: number; every: number | undefined; run: () => void }): () => void {
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
}
