/**
 * Pieces of files, in memory.
 *
 * @module
 */

import { closedError, hexOf } from './arguments.ts';
import { type Hash, type PieceItem, type StoredPiece, StoreError, type StoreLimits } from './relay-store.ts';

interface Piece {
  readonly deleteHash: string;
  readonly expiresAt: number;
  readonly bytes: Uint8Array;
}

export class MemoryPieces {
  readonly #limits: StoreLimits;
  readonly #pieces = new Map<string, Piece>();
  /** Bytes of pieces under way. */
  #reserved = 0;
  #isClosed = false;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  async put(
    { piece, deleteHash, size, expiresAt }: PieceItem,
    body: AsyncIterable<Uint8Array>,
    now: number,
  ): Promise<'stored' | 'duplicate' | 'relay-full'> {
    const name = hexOf(piece);
    const kept = { deleteHash: hexOf(deleteHash), expiresAt };
    if (this.#live(name, now) !== undefined) {
      return 'duplicate';
    }
    const live = [...this.#pieces.values()].filter((held) => held.expiresAt > now);
    const used = live.reduce((sum, { bytes }) => sum + bytes.length, this.#reserved);
    if (used + size > this.#limits.pieceBytes) {
      return 'relay-full';
    }
    this.#reserved += size;
    try {
      const bytes = await collect(body, size);
      if (this.#isClosed) {
        throw closedError();
      }
      if (this.#live(name, now) !== undefined) {
        return 'duplicate';
      }
      this.#pieces.set(name, { ...kept, bytes });
      return 'stored';
    } finally {
      this.#reserved -= size;
    }
  }

  get(piece: Hash, now: number): StoredPiece | undefined {
    const name = hexOf(piece);
    const found = this.#live(name, now);
    if (found === undefined) {
      return undefined;
    }
    const { bytes, expiresAt } = found;
    const read = async function* (this: MemoryPieces, offset: number, length: number): AsyncGenerator<Uint8Array> {
      if (this.#pieces.get(name) !== found) {
        throw new StoreError('UNAVAILABLE', 'the piece was removed');
      }
      yield bytes.slice(offset, offset + length);
    };
    return { size: bytes.length, expiresAt, read: read.bind(this) };
  }

  remove(piece: Hash, deleteHash: Hash): 'removed' | 'wrong-token' | 'gone' {
    const found = this.#pieces.get(hexOf(piece));
    if (found === undefined) {
      return 'gone';
    }
    if (found.deleteHash !== hexOf(deleteHash)) {
      return 'wrong-token';
    }
    this.#pieces.delete(hexOf(piece));
    return 'removed';
  }

  /** How to remove each thing that expired. */
  *expired(now: number): Generator<() => unknown> {
    for (const [name, { expiresAt }] of this.#pieces) {
      if (expiresAt <= now) {
        yield () => this.#pieces.delete(name);
      }
    }
  }

  totals(): { pieces: number; pieceBytes: number } {
    const sizes = [...this.#pieces.values()].map(({ bytes }) => bytes.length);
    return { pieces: sizes.length, pieceBytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  close(): void {
    this.#isClosed = true;
    this.#pieces.clear();
  }

  #live(name: string, now: number): Piece | undefined {
    const found = this.#pieces.get(name);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }
}

async function collect(body: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const block of body) {
    if (at + block.length > size) {
      throw new StoreError('SIZE_MISMATCH', `the piece is longer than ${size} bytes`);
    }
    bytes.set(block, at);
    at += block.length;
  }
  if (at !== size) {
    throw new StoreError('SIZE_MISMATCH', `the piece ended after ${at} of ${size} bytes`);
  }
  return bytes;
}
