/** A relay's pieces in memory, and the transport of each person to them: no sockets, and no time of its own. */

import { sha256 } from '@secret-chat/crypto';
import { toHex } from '@secret-chat/wire';
import { ClientError, type PieceRequest, type PieceTransport, type PieceUpload } from '../../src/index.ts';

interface HeldPiece {
  readonly bytes: Uint8Array;
  readonly deleteHash: string;
}

/** What the relay has. */
export class MemoryPieces {
  readonly held = new Map<string, HeldPiece>();

  /** Another way to it. */
  line(): PieceLine {
    return new PieceLine(this);
  }
}

export class PieceLine implements PieceTransport {
  /** `put`, `get`, `head` and `remove`, as they began. */
  readonly asked: string[] = [];
  /** Ids of what was put through it. */
  readonly ids = new Set<string>();
  isReachable = true;
  /** Waited for by each request that began, before the relay does it. */
  before: (what: 'put' | 'get' | 'head' | 'remove', id: string) => Promise<void> | void = () => {};
  readonly #relay: MemoryPieces;

  constructor(relay: MemoryPieces) {
    this.#relay = relay;
  }

  count(what: 'put' | 'get' | 'head' | 'remove'): number {
    return this.asked.filter((asked) => asked === what).length;
  }

  /** How many of the pieces that were put through it the relay has. */
  get left(): number {
    return [...this.ids].filter((id) => this.#relay.held.has(id)).length;
  }

  /** What the relay has read it stores, though nobody waits for the answer any more. */
  put(request: PieceRequest, { bytes, deleteHash }: PieceUpload): Promise<'stored' | 'there'> {
    return this.#ask('put', request, (id) => {
      const { held } = this.#relay;
      const isThere = held.has(id);
      this.ids.add(id);
      if (!isThere) {
        held.set(id, { bytes: new Uint8Array(bytes), deleteHash: toHex(deleteHash) });
      }
      return isThere ? 'there' : 'stored';
    });
  }

  get(request: PieceRequest): Promise<Uint8Array> {
    return this.#ask('get', request, (id) => new Uint8Array(this.#piece(id).bytes));
  }

  head(request: PieceRequest): Promise<number> {
    return this.#ask('head', request, (id) => this.#piece(id).bytes.length);
  }

  remove(request: PieceRequest, deleteToken: Uint8Array): Promise<void> {
    return this.#ask('remove', request, (id) => {
      if (this.#piece(id).deleteHash !== toHex(sha256(deleteToken))) {
        throw refused('BAD_PROOF');
      }
      this.#relay.held.delete(id);
    });
  }

  close(): void {}

  #ask<T>(what: 'put' | 'get' | 'head' | 'remove', { id, signal }: PieceRequest, run: (id: string) => T): Promise<T> {
    this.asked.push(what);
    const name = toHex(id);
    const work = async () => {
      this.#requireLine();
      await this.before(what, name);
      this.#requireLine();
      return run(name);
    };
    return new Promise((resolve, reject) => {
      const stopped = () => reject(new ClientError('ABORTED', 'a transfer was stopped'));
      if (signal?.aborted === true) {
        stopped();
        return;
      }
      signal?.addEventListener('abort', stopped, { once: true });
      work()
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener('abort', stopped));
    });
  }

  #piece(id: string): HeldPiece {
    const piece = this.#relay.held.get(id);
    if (piece === undefined) {
      throw refused('GONE');
    }
    return piece;
  }

  #requireLine(): void {
    if (!this.isReachable) {
      throw new ClientError('RELAY_UNREACHABLE', 'there is no line');
    }
  }
}

function refused(relayCode: 'GONE' | 'BAD_PROOF'): ClientError {
  return new ClientError('RELAY_REFUSED', `the relay refused: ${relayCode}`, { relayCode });
}
