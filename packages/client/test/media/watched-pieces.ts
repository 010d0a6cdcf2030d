/** Pieces over real HTTP, counted, and interfered with when a test says so. */

import type { PieceRequest, PieceTransport, PieceUpload } from '../../src/index.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';

export class WatchedPieces implements PieceTransport {
  /** Ids, in the order in which requests began. */
  readonly puts: string[] = [];
  readonly stored: string[] = [];
  readonly gets: string[] = [];
  readonly removes: string[] = [];
  readonly uploads = new Map<string, Uint8Array>();
  readonly ttlHours: number[] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** Waited for before each request. */
  before: (what: 'put' | 'get' | 'head' | 'remove', id: string) => Promise<void> | void = () => {};
  /** What a `get` gives in the place of what the relay gave. */
  received: (bytes: Uint8Array, id: string) => Uint8Array = (bytes) => bytes;
  readonly #inner: PieceTransport;

  constructor(inner: PieceTransport = nodePieceTransport()) {
    this.#inner = inner;
  }

  async put(request: PieceRequest, upload: PieceUpload): Promise<'stored' | 'there'> {
    const id = hex(request.id);
    this.puts.push(id);
    this.ttlHours.push(upload.ttlHours);
    return this.#counted(async () => {
      await this.before('put', id);
      // They are the caller’s again when it is stored.
      this.uploads.set(id, new Uint8Array(upload.bytes));
      const answer = await this.#inner.put(request, upload);
      this.stored.push(id);
      return answer;
    });
  }

  async get(request: PieceRequest, length: number): Promise<Uint8Array> {
    const id = hex(request.id);
    this.gets.push(id);
    return this.#counted(async () => {
      await this.before('get', id);
      return this.received(await this.#inner.get(request, length), id);
    });
  }

  async head(request: PieceRequest): Promise<number> {
    await this.before('head', hex(request.id));
    return this.#inner.head(request);
  }

  async remove(request: PieceRequest, deleteToken: Uint8Array): Promise<void> {
    const id = hex(request.id);
    await this.before('remove', id);
    await this.#inner.remove(request, deleteToken);
    this.removes.push(id);
  }

  close(): void {
    this.#inner.close();
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      return await work();
    } finally {
      this.inFlight -= 1;
    }
  }
}

/** Which of these pieces a relay still has. */
export async function held(origin: string, ids: Iterable<string>): Promise<string[]> {
  const out: string[] = [];
  for (const id of new Set(ids)) {
    const { status } = await fetch(`${origin.replace('ws', 'http')}/piece/${id}`, { method: 'HEAD' });
    if (status === 200) {
      out.push(id);
    }
  }
  return out;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** A door that requests wait at: `open` lets some through, or all. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #left = 0;

  get waiting(): number {
    return this.#waiting.length;
  }

  async pass(): Promise<void> {
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  open(count = Number.POSITIVE_INFINITY): void {
    const now = this.#waiting.splice(0, count);
    this.#left = count - now.length;
    for (const go of now) {
      go();
    }
  }
}
