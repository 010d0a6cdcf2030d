/**
 * Authenticated plaintext of a Cobblestone-256 message, read at any offset.
 *
 * Spec: docs/protocol/files.md §7.2.
 *
 * @module
 */

import type { Aes256GcmProvider } from '../primitives/index.ts';
import { type RandomAccessSource, readExactly, requireRange } from './byte-source.ts';
import {
  type ChunkCipher,
  COBBLESTONE_CHUNK_SIZE,
  COBBLESTONE_HEADER_SIZE,
  COBBLESTONE_SEALED_CHUNK_SIZE,
  openMessage,
  plaintextSize,
} from './cobblestone.ts';

const NOTHING: Uint8Array = new Uint8Array(0);

/** Reads any range of the plaintext, and of the ciphertext no more than the chunks that hold it; reads may overlap. */
export class CobblestoneReader implements RandomAccessSource {
  /** Size of the plaintext in bytes, authenticated. */
  readonly size: number;
  readonly #chunks: ChunkCipher;
  readonly #source: RandomAccessSource;
  readonly #lastChunk: Uint8Array;

  private constructor(size: number, chunks: ChunkCipher, source: RandomAccessSource, lastChunk: Uint8Array) {
    this.size = size;
    this.#chunks = chunks;
    this.#source = source;
    this.#lastChunk = lastChunk;
  }

  /**
   * Checks the commitment and opens the last chunk, which authenticates the size.
   *
   * @param inputKey 32 bytes, used only until this resolves
   * @throws {@link CryptoError} `TRUNCATED`, `AUTHENTICATION_FAILED`, or `SIZE_MISMATCH` when `source` gives another
   * number of bytes than it was asked for
   */
  static async open(
    inputKey: Uint8Array,
    context: Uint8Array,
    source: RandomAccessSource,
    provider: Aes256GcmProvider,
  ): Promise<CobblestoneReader> {
    const size = plaintextSize(source.size);
    const header = await readExactly(source, 0, COBBLESTONE_HEADER_SIZE);
    const chunks = await openMessage(inputKey, header, context, provider);
    const last = Math.floor(size / COBBLESTONE_CHUNK_SIZE);
    const offset = COBBLESTONE_HEADER_SIZE + last * COBBLESTONE_SEALED_CHUNK_SIZE;
    const sealed = await readExactly(source, offset, source.size - offset);
    const lastChunk = new Uint8Array(size % COBBLESTONE_CHUNK_SIZE);
    await chunks.open(last, sealed, lastChunk);
    return new CobblestoneReader(size, chunks, source, lastChunk);
  }

  /**
   * `length` bytes of plaintext from `offset`, owned by the caller.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` outside of the plaintext, `AUTHENTICATION_FAILED`, or
   * `SIZE_MISMATCH` as {@link open}
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    requireRange(this.size, offset, length);
    const last = Math.floor(this.size / COBBLESTONE_CHUNK_SIZE);
    const first = Math.floor(offset / COBBLESTONE_CHUNK_SIZE);
    // Chunks first to end - 1 are read from the source; `open` has kept the last one.
    const end = Math.min(last, Math.ceil((offset + length) / COBBLESTONE_CHUNK_SIZE));
    const tail = offset + length > last * COBBLESTONE_CHUNK_SIZE ? this.#lastChunk : NOTHING;
    const read = (end - first) * COBBLESTONE_CHUNK_SIZE;
    const out = new Uint8Array(read + tail.length);
    if (read > 0) {
      const at = COBBLESTONE_HEADER_SIZE + first * COBBLESTONE_SEALED_CHUNK_SIZE;
      const sealed = await readExactly(this.#source, at, (end - first) * COBBLESTONE_SEALED_CHUNK_SIZE);
      await this.#chunks.open(first, sealed, out.subarray(0, read));
    }
    out.set(tail, read);
    return out.subarray(offset - first * COBBLESTONE_CHUNK_SIZE).subarray(0, length);
  }
}
