/**
 * The relay inside this process: started when nobody answers where it should be, and kept as long as the process lives.
 *
 * Several processes of one user look after the same relay: whoever gets the port and the data has it, the others use
 * it, and when its process ends one of them takes over.
 *
 * @module
 */

import { connect } from 'node:net';
import type { LinkState } from '@secret-chat/client';
import type { Relay, RelayOptions } from '@secret-chat/relay';
import { ProgramError } from './problem.ts';

const HOST = '127.0.0.1';
/** The process that had the relay may still be closing it: its port is free before its data are. */
const PAUSE_MS = 100;
const MAX_TRIES = 100;

/** Another process has the port or the data, and may answer or be gone a moment later. */
const TAKEN: readonly unknown[] = ['ADDRESS_IN_USE', 'LOCKED'];
/** Two that make the same folder at the same moment disturb each other in more ways than that. */
const TRIES_AFTER_OTHER_ERRORS = 3;

export interface RelayHostOptions {
  /** Canonical origin, as `ws://127.0.0.1:8787`. */
  readonly origin: string;
  readonly data: string;
  readonly token?: string | undefined;
  /** Loads the relay, which costs time, only when it is to be started. */
  load(): Promise<{ startRelay(options: RelayOptions): Promise<Relay> }>;
  /** Resolves after so many milliseconds. */
  pause(ms: number): Promise<void>;
  say(line: string): void;
  fail(error: ProgramError): void;
  /** Called after this process has taken over. */
  started(): void;
}

export class RelayHost {
  readonly #options: RelayHostOptions;
  readonly #port: number;
  #relay: Relay | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;
  #hasFailed = false;

  constructor(options: RelayHostOptions) {
    this.#options = options;
    this.#port = Number(new URL(options.origin).port);
  }

  /** Resolves when a relay answers, here or in another process, or none could be started. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** How the device's link to this relay stands: one that fails may mean that the relay's process has ended. */
  linkChanged(link: LinkState): void {
    if (link.state === 'waiting' && this.#relay === undefined && !this.#closed) {
      this.look();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#looking;
    await this.#relay?.close();
  }

  async #look(): Promise<void> {
    for (let tries = 1; !this.#closed && this.#relay === undefined; tries++) {
      if (await answers(this.#port)) {
        return;
      }
      try {
        await this.#start();
        this.#hasFailed = false;
      } catch (error) {
        const isTaken = TAKEN.includes((error as { code?: unknown }).code);
        if (tries >= (isTaken ? MAX_TRIES : TRIES_AFTER_OTHER_ERRORS)) {
          this.#fail(error);
          return;
        }
        await this.#options.pause(PAUSE_MS);
      }
    }
  }

  async #start(): Promise<void> {
    const { data, token, load, say, started } = this.#options;
    const { startRelay } = await load();
    const options = { host: HOST, port: this.#port, data };
    const relay = await startRelay(token === undefined ? options : { ...options, token });
    this.#relay = relay;
    void relay.failed.then(() => this.#startAnew(relay)).catch(() => {});
    say(`No relay answered at ${this.#options.origin}: this process runs one, as long as it lives.`);
    started();
  }

  /** Its store is gone: whoever is first runs another one on the same data. */
  async #startAnew(relay: Relay): Promise<void> {
    await relay.close();
    this.#relay = undefined;
    await this.#options.pause(PAUSE_MS);
    await this.look();
  }

  /** Once, not at every try that follows. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      const why = error instanceof Error ? error.message : String(error);
      const message = `No relay answers at ${this.#options.origin}, and none can be started here: ${why}`;
      this.#options.fail(new ProgramError('RELAY_NOT_STARTED', message));
    }
  }
}

/** Whether anything listens on the port of this machine. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
