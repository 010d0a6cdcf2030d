/**
 * What a relay holds, seen by whoever runs it: the bytes of its files, and the frames that it is sent.
 *
 * @module
 */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Transport } from '@secret-chat/client';
import { type Relay, startRelay } from '@secret-chat/relay';
import { decodeFrame, type Request, requestSchemas } from '@secret-chat/wire';

/** Deleted bytes leave the relay's files after this time; a real relay takes ten. */
const CHECKPOINT_SECONDS = 1;

/** Parts of an envelope that are looked for: so many bytes at every so many. */
const PART = 64;
const STRIDE = 256;

export class RelayView {
  /** Every request that any device sent. */
  readonly requests: Request[] = [];
  readonly #relay: Relay;
  readonly #folder: string;

  private constructor(relay: Relay, folder: string) {
    this.#relay = relay;
    this.#folder = folder;
  }

  static async start(folder: string): Promise<RelayView> {
    const limits = { checkpointSeconds: CHECKPOINT_SECONDS };
    return new RelayView(await startRelay({ data: folder, metricsPort: 0, limits }), folder);
  }

  get url(): string {
    return this.#relay.url;
  }

  /** Passes everything on, and keeps a copy of what goes to the relay. */
  tap(transport: Transport): Transport {
    return {
      connect: (origin, subprotocol, events) => {
        const socket = transport.connect(origin, subprotocol, events);
        return {
          send: (bytes) => {
            this.requests.push(decodeFrame(requestSchemas, bytes));
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

  /** The last envelopes that were put, the newest first. */
  envelopes(count: number): readonly Uint8Array[] {
    return this.requests.flatMap((request) => (request.op === 'put' ? [request.envelope] : [])).slice(-count);
  }

  /** True if any file of the relay contains these bytes, anywhere. */
  contains(needle: string | Uint8Array): boolean {
    return this.#files().some((file) => file.includes(Buffer.from(needle as Uint8Array)));
  }

  /** True if any part of an envelope is in any file; a database does not keep all its bytes side by side. */
  holds(envelope: Uint8Array): boolean {
    for (let offset = 0; offset + PART <= envelope.length; offset += STRIDE) {
      if (this.contains(envelope.subarray(offset, offset + PART))) {
        return true;
      }
    }
    return false;
  }

  /** A total of the relay's metrics. */
  async total(name: string): Promise<number> {
    const text = await (await fetch(`${this.#relay.metricsUrl}`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async end(): Promise<void> {
    await this.#relay.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** True if any file in a folder of somebody's contains it. */
  isIn(folder: string, needle: string): boolean {
    return filesIn(folder).some((file) => file.includes(needle));
  }

  #files(): readonly Buffer[] {
    return filesIn(this.#folder);
  }
}

function filesIn(folder: string): readonly Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readUnlessGone(join(entry.parentPath, entry.name)));
}

/** What the relay deletes while this looks holds nothing any more. */
function readUnlessGone(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return Buffer.alloc(0);
    }
    throw error;
  }
}
