/**
 * Cobblestone-256 as a stream: blocks of any size in, blocks of about 1 MiB out, in bounded memory.
 *
 * Spec: docs/protocol/files.md §3, §7.
 *
 * @module
 */

import { AES_256_GCM_TAG_SIZE, type Aes256GcmProvider } from '../primitives/index.ts';
import type { ByteSource } from './byte-source.ts';
import { chunkRuns } from './chunk-runs.ts';
import {
  BATCH_CHUNKS,
  type ChunkCipher,
  COBBLESTONE_CHUNK_SIZE,
  COBBLESTONE_HEADER_SIZE,
  COBBLESTONE_SEALED_CHUNK_SIZE,
  newMessage,
  openMessage,
  truncated,
} from './cobblestone.ts';

/** How a stream runs. */
export interface StreamOptions {
  readonly provider: Aes256GcmProvider;
  /** Ends the stream with the signal's reason; looked at before each run of at most 64 chunks. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes the memory of a block, at least `size` bytes; new memory if left out. A block belongs to the caller from when it is
   * yielded, who may use its memory again for one that is asked for later: memory that is touched for the first time costs as
   * much as the cipher. Blocks that are never yielded are lost.
   */
  readonly allocate?: ((size: number) => Uint8Array) | undefined;
}

/**
 * Encrypts `plaintext`; nothing happens before the first block is asked for.
 *
 * The caller owns every block; its memory is new, or that of `options.allocate`.
 *
 * @param inputKey 32 uniformly random bytes
 * @param salt 24 bytes, never twice under one input key
 * @param context any length
 */
export async function* encryptStream(
  inputKey: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  plaintext: ByteSource,
  options: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { header, chunks } = await newMessage(inputKey, salt, context, options.provider);
  const output = new Output(COBBLESTONE_HEADER_SIZE + BATCH_CHUNKS * COBBLESTONE_SEALED_CHUNK_SIZE, options);
  output.reserve(COBBLESTONE_HEADER_SIZE).set(header);
  let chunk = 0;
  for await (const run of chunkRuns(plaintext, 0, COBBLESTONE_CHUNK_SIZE, options.signal)) {
    // The last run is shorter than a chunk, and is one.
    const count = Math.floor(run.length / COBBLESTONE_CHUNK_SIZE) || 1;
    const size = run.length + count * AES_256_GCM_TAG_SIZE;
    if (!output.fits(size)) {
      yield output.take();
    }
    const pending = chunks.seal(chunk, run, output.reserve(size));
    if (pending !== undefined) {
      await pending;
    }
    chunk += count;
  }
  yield output.take();
}

/**
 * Decrypts `ciphertext`; what is yielded did authenticate, but the message is whole only when the stream ends
 * without an error.
 *
 * The caller owns every block; its memory is new, or that of `options.allocate`.
 *
 * @throws {@link CryptoError} `TRUNCATED` when the ciphertext ends before its last chunk, `AUTHENTICATION_FAILED` for
 * a wrong key, a changed, missing or moved chunk, or bytes after the last one
 */
export async function* decryptStream(
  inputKey: Uint8Array,
  context: Uint8Array,
  ciphertext: ByteSource,
  options: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const output = new Output(BATCH_CHUNKS * COBBLESTONE_CHUNK_SIZE, options);
  let chunks: ChunkCipher | undefined;
  let chunk = 0;
  const runs = chunkRuns(ciphertext, COBBLESTONE_HEADER_SIZE, COBBLESTONE_SEALED_CHUNK_SIZE, options.signal);
  for await (const run of runs) {
    if (chunks === undefined) {
      chunks = await openMessage(inputKey, run, context, options.provider);
      continue;
    }
    const count = Math.floor(run.length / COBBLESTONE_SEALED_CHUNK_SIZE) || 1;
    const size = run.length - count * AES_256_GCM_TAG_SIZE;
    if (size < 0) {
      throw truncated();
    }
    if (!output.fits(size)) {
      yield output.take();
    }
    const pending = chunks.open(chunk, run, output.reserve(size));
    if (pending !== undefined) {
      await pending;
    }
    chunk += count;
  }
  if (output.filled > 0) {
    yield output.take();
  }
}

/** Gathers runs into blocks, so that small runs do not make small blocks. */
class Output {
  readonly #size: number;
  readonly #allocate: (size: number) => Uint8Array;
  #block: Uint8Array = new Uint8Array(0);
  #filled = 0;

  /** `size`: the most bytes that a block has. */
  constructor(size: number, { allocate = newMemory }: StreamOptions) {
    this.#size = size;
    this.#allocate = allocate;
  }

  get filled(): number {
    return this.#filled;
  }

  fits(size: number): boolean {
    return this.#filled + size <= this.#size;
  }

  /** The next `size` bytes of the block, to be written by the caller. */
  reserve(size: number): Uint8Array {
    if (this.#filled === 0) {
      this.#block = this.#allocate(this.#size);
    }
    this.#filled += size;
    return this.#block.subarray(this.#filled - size, this.#filled);
  }

  /** What was filled; the next {@link reserve} begins a new block. */
  take(): Uint8Array {
    const block = this.#block.subarray(0, this.#filled);
    this.#filled = 0;
    return block;
  }
}

function newMemory(size: number): Uint8Array {
  return new Uint8Array(size);
}
