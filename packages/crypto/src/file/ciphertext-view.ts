/**
 * The ciphertext of a Cobblestone-256 message, made on demand at any offset out of a plaintext.
 *
 * It is how an upload resumes: the same input key, salt and plaintext give the same ciphertext, so that the missing
 * pieces can be made again. Spec: docs/protocol/files.md §6.2.
 *
 * **Under one input key and salt a chunk is encrypted from exactly one plaintext** (§6.1): two plaintexts under one
 * nonce give both away and let anyone forge. A view cannot notice that its plaintext changed between two reads.
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
  ciphertextSize,
  newMessage,
} from './cobblestone.ts';

/** Reads any range of the ciphertext, and of the plaintext no more than the chunks that make it; reads may overlap. */
export class CiphertextView implements RandomAccessSource {
  /** Size of the ciphertext in bytes. */
  readonly size: number;
  readonly #header: Uint8Array;
  readonly #chunks: ChunkCipher;
  readonly #plaintext: RandomAccessSource;

  private constructor(header: Uint8Array, chunks: ChunkCipher, plaintext: RandomAccessSource) {
    this.size = ciphertextSize(plaintext.size);
    this.#header = header;
    this.#chunks = chunks;
    this.#plaintext = plaintext;
  }

  /**
   * @param inputKey 32 uniformly random bytes, used only until this resolves
   * @param salt 24 bytes, with `inputKey` never used for another plaintext
   * @param context any length
   */
  static async open(
    inputKey: Uint8Array,
    salt: Uint8Array,
    context: Uint8Array,
    plaintext: RandomAccessSource,
    provider: Aes256GcmProvider,
  ): Promise<CiphertextView> {
    const { header, chunks } = await newMessage(inputKey, salt, context, provider);
    return new CiphertextView(header, chunks, plaintext);
  }

  /**
   * `length` bytes of ciphertext from `offset`, owned by the caller.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` outside of the ciphertext, `SIZE_MISMATCH` when the plaintext gives
   * another number of bytes than it was asked for
   */
  async read(offset: number, length: number): Promise<Uint8Array> {
    requireRange(this.size, offset, length);
    // Chunks first to end - 1; none when the range lies within the header.
    const first = Math.max(0, Math.floor((offset - COBBLESTONE_HEADER_SIZE) / COBBLESTONE_SEALED_CHUNK_SIZE));
    const end = Math.max(0, Math.ceil((offset + length - COBBLESTONE_HEADER_SIZE) / COBBLESTONE_SEALED_CHUNK_SIZE));
    const start = first * COBBLESTONE_SEALED_CHUNK_SIZE;
    const stop = Math.min(this.size, COBBLESTONE_HEADER_SIZE + end * COBBLESTONE_SEALED_CHUNK_SIZE);
    // The header's place comes before the chunks, whether the range begins with chunk 0 or not.
    const out = new Uint8Array(stop - start);
    out.set(this.#header);
    const sealed = out.subarray(COBBLESTONE_HEADER_SIZE);
    if (sealed.length > 0) {
      const from = first * COBBLESTONE_CHUNK_SIZE;
      const to = Math.min(this.#plaintext.size, end * COBBLESTONE_CHUNK_SIZE);
      await this.#chunks.seal(first, await readExactly(this.#plaintext, from, to - from), sealed);
    }
    return out.subarray(offset - start, offset - start + length);
  }
}
