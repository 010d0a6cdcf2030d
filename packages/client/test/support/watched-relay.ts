/** A relay process that is asked how much it holds. */

import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { RelayProcess } from './relay-process.ts';

const DEADLINE_MS = 30_000;
const POLL_MS = 50;
const HELD = /^secret_chat_relay_envelopes (\d+)$/m;

export class WatchedRelay {
  readonly process: RelayProcess;
  readonly #metrics: string;

  private constructor(process: RelayProcess, metrics: string) {
    this.process = process;
    this.#metrics = metrics;
  }

  static async start(flags: readonly string[] = []): Promise<WatchedRelay> {
    const port = await freePort();
    const relay = await RelayProcess.start(['--metrics-port', String(port), ...flags]);
    return new WatchedRelay(relay, `http://127.0.0.1:${port}/metrics`);
  }

  get origin(): string {
    return this.process.origin;
  }

  /** Envelopes that it holds now. */
  async envelopes(): Promise<number> {
    return Number(HELD.exec(await this.metrics())?.[1]);
  }

  async metrics(): Promise<string> {
    return (await fetch(this.#metrics)).text();
  }

  /** Resolves once it holds none; rejects if some stay. */
  async emptied(): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    for (let held = await this.envelopes(); held > 0; held = await this.envelopes()) {
      if (performance.now() > deadline) {
        throw new Error(`the relay still holds ${held} envelopes`);
      }
      await pause(POLL_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
