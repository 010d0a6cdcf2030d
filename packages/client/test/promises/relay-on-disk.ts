/** A real relay in this process, on files that can be searched and with a clock that a test moves. */

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Limits, type Relay, startRelay, systemEffects } from '@secret-chat/relay';
import { openDatabase, type SqliteRow } from '@secret-chat/sqlite';
import {
  decodeFrame,
  encodeFrame,
  type Reply,
  type Request,
  replySchemas,
  requestSchemas,
  SUBPROTOCOL,
} from '@secret-chat/wire';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { FAST_LIMITS } from '../support/relay.ts';
import { bytesIn, foundIn, type Wanted } from '../support/searching.ts';

export type Totals = Readonly<Record<'mailboxes' | 'envelopes' | 'cards' | 'prekeys' | 'pieces', number>>;

const TOTAL = /^secret_chat_relay_(mailboxes|envelopes|cards|prekeys|pieces) (\d+)$/gm;
/** Deleted bytes leave the files so soon; a relay takes ten seconds if nothing else is said. */
const CHECKPOINT_SECONDS = 0.1;

export class RelayOnDisk {
  readonly folder: string;
  #relay!: Relay;
  #aheadMs = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Ends with the test, and its files with it. */
  static async start(limits: Partial<Limits> = {}): Promise<RelayOnDisk> {
    const relay = new RelayOnDisk(await mkdtemp(join(tmpdir(), 'secret-chat-promise-')));
    onTestFinished(async () => {
      await relay.stop();
      rmSync(relay.folder, { recursive: true, force: true });
    });
    await relay.run(0, limits);
    return relay;
  }

  async run(port: number, limits: Partial<Limits> = {}): Promise<void> {
    this.#relay = await startRelay({
      port,
      data: this.folder,
      metricsPort: 0,
      trustedProxies: ['loopback'],
      limits: { ...FAST_LIMITS, checkpointSeconds: CHECKPOINT_SECONDS, ...limits },
      effects: { ...systemEffects, now: () => Date.now() + this.#aheadMs },
    });
  }

  /** A round of what it does by itself every few minutes. */
  purge(): Promise<void> {
    return this.#relay.purge();
  }

  stop(): Promise<void> {
    return this.#relay.close();
  }

  get origin(): string {
    return this.#relay.url;
  }

  get port(): number {
    return this.#relay.port;
  }

  /** Its clock is so much later from now on. */
  forward(ms: number): void {
    this.#aheadMs += ms;
  }

  /** What it makes known of itself. */
  async metrics(): Promise<string> {
    return (await fetch(this.#relay.metricsUrl as string)).text();
  }

  /** What it holds, by its own count. */
  async totals(): Promise<Totals> {
    const found = [...(await this.metrics()).matchAll(TOTAL)].map(([, name, count]) => [name, Number(count)]);
    return Object.fromEntries(found) as Totals;
  }

  /** What of this is in its files, or in their names. */
  finds(wanted: Wanted): string[] {
    return foundIn(bytesIn(this.folder), wanted);
  }

  /** One request, as anybody can make it who knows what stands in it. @param network where it comes from, by a proxy's word */
  ask(request: Request, network = '192.0.2.1'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.origin, SUBPROTOCOL, { headers: { 'x-forwarded-for': network } });
      socket.on('error', reject);
      socket.on('open', () => socket.send(encodeFrame(requestSchemas, request)));
      socket.on('message', (bytes: Buffer) => {
        const reply = decodeFrame(replySchemas, new Uint8Array(bytes));
        if (reply.op !== 'hello') {
          resolve(reply);
          socket.close();
        }
      });
    });
  }
}

/** Asks the database of a relay that has stopped, as `relay`. */
export function rowsOf(folder: string, sql: string): SqliteRow[] {
  const database = openDatabase(':memory:');
  try {
    database.exec(`ATTACH '${join(folder, 'relay.sqlite')}' AS relay`);
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
