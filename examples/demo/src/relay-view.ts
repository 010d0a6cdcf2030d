/**
 * What a relay holds, seen by whoever runs it: the bytes of its files, and the frames that it is sent.
 *
 * @module
 */

import { rmSync } from 'node:fs';
import type { Transport } from '@secret-chat/client';
import { nodeTransport } from '@secret-chat/client/node';
import { sha256 } from '@secret-chat/crypto';
import { type Relay, startRelay, systemEffects } from '@secret-chat/relay';
import {
  addressInput,
  decodeFrame,
  encodeFrame,
  type Operation,
  type Request,
  type RequestOf,
  replySchemas,
  requestSchemas,
  SUBPROTOCOL,
} from '@secret-chat/wire';
import { bytesIn, count, extent } from './searching.ts';

/** Deleted bytes leave the relay's files after this time, and what expired is purged; a real relay takes ten, and 120. */
const CHECKPOINT_SECONDS = 0.5;
const PURGE_SECONDS = 1;
/** All of the story comes from one network. */
const PREKEYS_PER_MINUTE = 100;

/** Bytes of an envelope. */
const NOISE = 4096;

export type Total = 'mailboxes' | 'envelopes' | 'cards' | 'prekeys' | 'pieces';
const TOTALS: readonly Total[] = ['mailboxes', 'envelopes', 'cards', 'prekeys', 'pieces'];

export class RelayView {
  /** Every request that any device sent, and the bytes that it was. */
  readonly requests: Request[] = [];
  readonly frames: Buffer[] = [];
  readonly #relay: Relay;
  readonly #folder: string;
  readonly #clock: { aheadMs: number };

  private constructor(relay: Relay, folder: string, clock: { aheadMs: number }) {
    this.#relay = relay;
    this.#folder = folder;
    this.#clock = clock;
  }

  static async start(folder: string): Promise<RelayView> {
    const limits = {
      checkpointSeconds: CHECKPOINT_SECONDS,
      purgeSeconds: PURGE_SECONDS,
      prekeysPerMinute: PREKEYS_PER_MINUTE,
    };
    const clock = { aheadMs: 0 };
    const effects = { ...systemEffects, now: () => systemEffects.now() + clock.aheadMs };
    const relay = await startRelay({ data: folder, metricsPort: 0, limits, effects });
    return new RelayView(relay, folder, clock);
  }

  get url(): string {
    return this.#relay.url;
  }

  /** Its clock is so much later from now on. */
  forward(ms: number): void {
    this.#clock.aheadMs += ms;
  }

  /** A round of what it does by itself. */
  purge(): Promise<void> {
    return this.#relay.purge();
  }

  /** Puts an envelope of noise for an hour, as anybody can who knows the address: `ok`, or why not. */
  put(address: Uint8Array): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = nodeTransport().connect(this.url, SUBPROTOCOL, {
        open: () => {
          const request: Request = { op: 'put', id: 1, address, ttlHours: 1, envelope: systemEffects.random(NOISE) };
          socket.send(encodeFrame(requestSchemas, request));
        },
        message: (bytes) => {
          const reply = decodeFrame(replySchemas, bytes);
          if (reply.op !== 'hello') {
            resolve(reply.op === 'error' ? reply.code : reply.op);
            socket.close();
          }
        },
        close: (reason) => reject(new Error(reason)),
      });
    });
  }

  /** Passes everything on, and keeps a copy of what goes to the relay. */
  tap(transport: Transport): Transport {
    return {
      connect: (origin, subprotocol, events) => {
        const socket = transport.connect(origin, subprotocol, events);
        return {
          send: (bytes) => {
            this.requests.push(decodeFrame(requestSchemas, bytes));
            this.frames.push(Buffer.from(bytes));
            socket.send(bytes);
          },
          close: () => socket.close(),
          get backlog() {
            return socket.backlog;
          },
        };
      },
    };
  }

  of<O extends Operation>(operation: O): RequestOf<O>[] {
    return this.requests.filter((request): request is RequestOf<O> => request.op === operation);
  }

  /** Address of the mailbox that was opened last. */
  lastOpened(): Uint8Array {
    const { ownerKey, random } = this.of('open').at(-1) as RequestOf<'open'>;
    return sha256(addressInput(ownerKey, random));
  }

  /** The last envelopes that were put, the newest last. */
  envelopes(most: number = Number.POSITIVE_INFINITY): readonly Uint8Array[] {
    return this.of('put')
      .map(({ envelope }) => envelope)
      .slice(-most);
  }

  /** How many of these are in its files, or were sent to it. */
  knows(wanted: Iterable<Uint8Array | string>): number {
    return count([...bytesIn(this.#folder), ...this.frames], wanted);
  }

  /** How many of these are in its files, wholly or in part. */
  keeps(wanted: Iterable<Uint8Array | string>): number {
    return count(bytesIn(this.#folder), wanted);
  }

  /** Pieces that lie in its files. */
  pieces(): readonly Uint8Array[] {
    return bytesIn(`${this.#folder}/pieces`).slice(1);
  }

  /** Its files, in words. */
  get extent(): string {
    return extent(bytesIn(this.#folder));
  }

  /** What its metrics say. */
  async metrics(): Promise<string> {
    return (await fetch(`${this.#relay.metricsUrl}`)).text();
  }

  async total(what: Total): Promise<number> {
    const found = new RegExp(`^secret_chat_relay_${what} (\\d+)$`, 'm').exec(await this.metrics());
    return Number(found?.[1] ?? Number.NaN);
  }

  async isEmpty(): Promise<boolean> {
    return (await Promise.all(TOTALS.map((what) => this.total(what)))).every((total) => total === 0);
  }

  async end(): Promise<void> {
    await this.#relay.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
