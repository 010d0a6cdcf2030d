/**
 * Whether the pieces that were fetched are the whole file, and if not, which of them to fetch again: found out while others
 * are on their way.
 *
 * Spec: docs/protocol/files.md §7.4.
 *
 * @module
 */

import {
  type Aes256GcmProvider,
  ChunkCheck,
  COBBLESTONE_HEADER_SIZE,
  COBBLESTONE_SEALED_CHUNK_SIZE,
  CryptoError,
  type FileDescriptor,
  type PiecePlan,
  Secret,
} from '@secret-chat/crypto';
import type { StoredBlob } from './blob-store.ts';
import { PieceSet } from './piece-set.ts';

/** What is verified. */
export interface Verified {
  readonly file: FileDescriptor;
  readonly plan: PiecePlan;
  readonly blob: StoredBlob;
  readonly aes: Aes256GcmProvider;
  readonly signal: AbortSignal;
}

/** One of a blob: what is in it is authenticated once by each process, since only the blob outlives it. */
export class Verification {
  readonly #of: Verified;
  /** In the blob, and not looked at. */
  readonly #waiting: Set<number>;
  /** Looked at; no chunk failed that lies in these alone. */
  readonly #checked: PieceSet;
  /** Once the header authenticated, which lies in piece 0. */
  #chunks: ChunkCheck | undefined;
  #hasWrongPadding = false;
  #running: Promise<void> | undefined;
  #memory: Uint8Array = new Uint8Array(0);

  /** @param here pieces that are in the blob */
  constructor(of: Verified, here: Iterable<number>) {
    this.#of = of;
    this.#waiting = new Set(here);
    this.#checked = new PieceSet(of.plan.count);
  }

  /** Every chunk of what is in the blob now has authenticated. */
  get isWhole(): boolean {
    // A piece counts as checked from the moment in which it is looked at.
    const isIdle = this.#running === undefined && this.#waiting.size === 0;
    return isIdle && this.#chunks !== undefined && this.#checked.isFull && !this.#hasWrongPadding;
  }

  /** The piece is in the blob. */
  arrived(index: number): void {
    this.#waiting.add(index);
  }

  /** The piece is fetched again. */
  forget(index: number): void {
    this.#waiting.delete(index);
    this.#checked.delete(index);
    if (index === 0) {
      this.#chunks = undefined;
    }
  }

  /** Goes on with what is here; what fails for other reasons than damage fails again at the end. */
  goOn(): void {
    this.#run().catch(() => {});
  }

  /** With all pieces here: those that do not belong to the file, or `padding` if its sender has not made what a sender makes. */
  async finish(): Promise<ReadonlySet<number> | 'padding'> {
    do {
      await this.#run();
    } while (this.#running !== undefined || this.#next() !== undefined);
    if (this.#chunks === undefined) {
      return new Set([0]);
    }
    const damaged = new Set(this.#checked.missing());
    return damaged.size === 0 && this.#hasWrongPadding ? 'padding' : damaged;
  }

  /** Resolves when the blob is not read any more; its signal has aborted. */
  async stop(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  #run(): Promise<void> {
    this.#running ??= this.#checkAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #checkAll(): Promise<void> {
    for (let index = this.#next(); index !== undefined; index = this.#next()) {
      this.#of.signal.throwIfAborted();
      this.#waiting.delete(index);
      // It may have been forgotten, and come again, while it was looked at.
      this.#checked.delete(index);
      try {
        await this.#check(index);
      } catch (error) {
        this.#checked.delete(index);
        this.#waiting.add(index);
        throw error;
      }
    }
  }

  /** Nothing can be said before the header is here. */
  #next(): number | undefined {
    if (this.#chunks === undefined) {
      return this.#waiting.has(0) ? 0 : undefined;
    }
    const [first] = this.#waiting;
    return first;
  }

  async #check(index: number): Promise<void> {
    const { plan, blob } = this.#of;
    if (index === 0) {
      this.#chunks = await this.#openHeader();
      this.#checkAgain();
    }
    const chunks = this.#chunks;
    if (chunks === undefined) {
      return;
    }
    const [first, end] = this.#chunksOf(index);
    this.#checked.add(index);
    const from = startOf(first);
    const length = Math.min(plan.size, startOf(end)) - from;
    if (this.#memory.length < length) {
      this.#memory = new Uint8Array(length);
    }
    const sealed = await blob.read(from, length, this.#memory);
    for (const chunk of await this.#failing(chunks, first, sealed)) {
      const size = Math.min(plan.size, startOf(chunk + 1)) - startOf(chunk);
      for (const piece of plan.covering(startOf(chunk), size)) {
        this.#checked.delete(piece.index);
      }
    }
  }

  /** Under another header it is another message. */
  #checkAgain(): void {
    for (const index of this.#checked.members()) {
      this.#waiting.add(index);
    }
    this.#checked.clear();
  }

  /** The chunks to look at with a piece, from … to: one that lies in two pieces comes with the second that is looked at. */
  #chunksOf(index: number): readonly [number, number] {
    const { offset, length } = this.#of.plan.piece(index);
    const first = (offset - COBBLESTONE_HEADER_SIZE) / COBBLESTONE_SEALED_CHUNK_SIZE;
    const end = (offset + length - COBBLESTONE_HEADER_SIZE) / COBBLESTONE_SEALED_CHUNK_SIZE;
    const isLast = index === this.#of.plan.count - 1;
    return [
      index > 0 && this.#checked.has(index - 1) ? Math.floor(first) : Math.max(0, Math.ceil(first)),
      isLast || this.#checked.has(index + 1) ? Math.ceil(end) : Math.floor(end),
    ];
  }

  async #failing(chunks: ChunkCheck, first: number, sealed: Uint8Array): Promise<readonly number[]> {
    try {
      return await chunks.failing(first, sealed);
    } catch (error) {
      if (error instanceof CryptoError && error.code === 'MALFORMED') {
        this.#hasWrongPadding = true;
        return [];
      }
      throw error;
    }
  }

  async #openHeader(): Promise<ChunkCheck | undefined> {
    const { file, blob, aes } = this.#of;
    const fileKey = new Secret<'file-key'>(new Uint8Array(file.key));
    try {
      return await ChunkCheck.open(fileKey, file.size, await blob.read(0, COBBLESTONE_HEADER_SIZE), aes);
    } catch (error) {
      if (error instanceof CryptoError && error.code === 'AUTHENTICATION_FAILED') {
        return undefined;
      }
      throw error;
    } finally {
      fileKey.wipe();
    }
  }
}

function startOf(chunk: number): number {
  return COBBLESTONE_HEADER_SIZE + chunk * COBBLESTONE_SEALED_CHUNK_SIZE;
}
