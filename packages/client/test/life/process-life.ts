/** One life of a process: everything it writes goes through here, and it ends right before or right after a write. */

import type {
  Batch,
  BlobStore,
  PieceRequest,
  PieceTransport,
  PieceUpload,
  RangeQuery,
  Store,
  StoredBlob,
  StoredRecord,
} from '../../src/index.ts';
import { ClientError } from '../../src/index.ts';

export class ProcessLife {
  /** Beginnings and ends of writes, from {@link ProcessLife.dieAt} on. */
  steps = 0;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  #last = Number.POSITIVE_INFINITY;
  #isOver = false;
  #tellOver: () => void = () => {};
  readonly #ended: () => void;

  /** @param ended called in the moment in which it ends: nothing is to leave the machine any more */
  constructor(ended: () => void) {
    this.#ended = ended;
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts from now on, and ends at that step: an odd one is before a write, an even one after it. */
  dieAt(step: number): void {
    this.steps = 0;
    this.#last = step;
  }

  end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#ended();
      this.#tellOver();
    }
  }

  requireAlive(): void {
    if (this.#isOver) {
      throw new ClientError('STORE_FAILED', 'the process is gone');
    }
  }

  async write<T>(work: () => Promise<T>): Promise<T> {
    this.#step();
    const result = await work();
    this.#step();
    return result;
  }

  #step(): void {
    this.requireAlive();
    this.steps += 1;
    if (this.steps >= this.#last) {
      this.end();
      this.requireAlive();
    }
  }
}

export class LivingStore implements Store {
  readonly #store: Store;
  readonly #life: ProcessLife;

  constructor(store: Store, life: ProcessLife) {
    this.#store = store;
    this.#life = life;
  }

  async get(name: Uint8Array): Promise<Uint8Array | undefined> {
    this.#life.requireAlive();
    return this.#store.get(name);
  }

  async range(query: RangeQuery): Promise<StoredRecord[]> {
    this.#life.requireAlive();
    return this.#store.range(query);
  }

  batch(batch: Batch): Promise<void> {
    return this.#life.write(() => this.#store.batch(batch));
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

export function livingBlobs(blobs: BlobStore, life: ProcessLife): BlobStore {
  return {
    create: (name, size) => life.write(async () => livingBlob(await blobs.create(name, size), life)),
    async open(name) {
      life.requireAlive();
      const blob = await blobs.open(name);
      return blob && livingBlob(blob, life);
    },
    remove: (name) => life.write(() => blobs.remove(name)),
    async list() {
      life.requireAlive();
      return blobs.list();
    },
  };
}

function livingBlob(blob: StoredBlob, life: ProcessLife): StoredBlob {
  return {
    size: blob.size,
    read: (offset, length, into) => blob.read(offset, length, into),
    write: (offset, bytes) => life.write(() => blob.write(offset, bytes)),
    sync: () => blob.sync(),
    close: () => blob.close(),
  };
}

/** Pieces on a relay of this process. */
export class PieceShelf {
  readonly pieces: Map<string, Uint8Array>;

  constructor(pieces: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.pieces = new Map(pieces);
  }

  /** As one process reaches it. */
  transport(life: ProcessLife, isReachable: () => boolean): PieceTransport {
    const requireReachable = () => {
      life.requireAlive();
      if (!isReachable()) {
        throw new ClientError('RELAY_UNREACHABLE', 'nobody answers');
      }
    };
    return {
      put: async ({ id }: PieceRequest, { bytes }: PieceUpload) => {
        requireReachable();
        const name = hex(id);
        const answer = this.pieces.has(name) ? 'there' : 'stored';
        this.pieces.set(name, new Uint8Array(bytes));
        return answer;
      },
      get: async ({ id }) => {
        requireReachable();
        return new Uint8Array(this.pieces.get(hex(id)) ?? gone());
      },
      head: async ({ id }) => {
        requireReachable();
        return (this.pieces.get(hex(id)) ?? gone()).length;
      },
      remove: (request) =>
        life.write(async () => {
          requireReachable();
          if (!this.pieces.delete(hex(request.id))) {
            gone();
          }
        }),
      close() {},
    };
  }
}

function gone(): never {
  throw new ClientError('RELAY_REFUSED', 'the piece is gone', { relayCode: 'GONE' });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
