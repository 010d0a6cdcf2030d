/**
 * Chunks of a file, authenticated in any order: as its pieces arrive.
 *
 * Spec: docs/protocol/files.md §7.4.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import { AES_256_GCM_TAG_SIZE, type Aes256GcmProvider } from '../primitives/index.ts';
import { type ChunkCipher, COBBLESTONE_CHUNK_SIZE, COBBLESTONE_SEALED_CHUNK_SIZE, openMessage } from './cobblestone.ts';
import { type FileKey, fileInputKey } from './file-key.ts';
import { isZero } from './padding.ts';

/** Says of any chunks of one file whether they belong to it; what they say is wiped. */
export class ChunkCheck {
  readonly #size: number;
  readonly #chunks: ChunkCipher;
  /** Plaintext, wiped after each run; memory that is used again costs no page faults. */
  #memory: Uint8Array = new Uint8Array(0);

  private constructor(size: number, chunks: ChunkCipher) {
    this.#size = size;
    this.#chunks = chunks;
  }

  /**
   * Checks the commitment.
   *
   * @param fileKey used only until this resolves
   * @param size of the file, in bytes
   * @param header the first 56 bytes of its ciphertext
   * @throws {@link CryptoError} `TRUNCATED` or `AUTHENTICATION_FAILED`
   */
  static async open(
    fileKey: FileKey,
    size: number,
    header: Uint8Array,
    provider: Aes256GcmProvider,
  ): Promise<ChunkCheck> {
    const inputKey = fileInputKey(fileKey);
    try {
      return new ChunkCheck(size, await openMessage(inputKey.expose(), header, LABEL.fileContext, provider));
    } finally {
      inputKey.wipe();
    }
  }

  /**
   * The numbers of those that do not authenticate, of the chunks `first`, `first + 1` and so on that `sealed` holds. One
   * run at a time.
   *
   * @param sealed 16400 bytes for each; fewer for the last one of the file alone
   * @throws {@link CryptoError} `MALFORMED` when they do, but what follows the file is not all zeros (§4.3)
   */
  async failing(first: number, sealed: Uint8Array): Promise<readonly number[]> {
    if (this.#memory.length < sealed.length) {
      this.#memory = new Uint8Array(sealed.length);
    }
    const count = Math.ceil(sealed.length / COBBLESTONE_SEALED_CHUNK_SIZE);
    const length = sealed.length - count * AES_256_GCM_TAG_SIZE;
    const isCut = sealed.length - (count - 1) * COBBLESTONE_SEALED_CHUNK_SIZE < AES_256_GCM_TAG_SIZE;
    const plaintext = this.#memory.subarray(0, Math.max(0, length));
    try {
      if (isCut || !(await this.#opens(first, sealed, plaintext))) {
        return await this.#failingEach(first, sealed, this.#memory);
      }
      if (!isZero(plaintext.subarray(Math.max(0, this.#size - first * COBBLESTONE_CHUNK_SIZE)))) {
        throw new CryptoError('MALFORMED', 'the padding of the file is not all zeros');
      }
      return [];
    } finally {
      this.#memory.subarray(0, sealed.length).fill(0);
    }
  }

  async #failingEach(first: number, sealed: Uint8Array, plaintext: Uint8Array): Promise<number[]> {
    const failing: number[] = [];
    for (let i = 0; i * COBBLESTONE_SEALED_CHUNK_SIZE < sealed.length; i++) {
      const chunk = sealed.subarray(i * COBBLESTONE_SEALED_CHUNK_SIZE, (i + 1) * COBBLESTONE_SEALED_CHUNK_SIZE);
      const out = plaintext.subarray(0, Math.max(0, chunk.length - AES_256_GCM_TAG_SIZE));
      if (!(await this.#opens(first + i, chunk, out))) {
        failing.push(first + i);
      }
    }
    return failing;
  }

  async #opens(first: number, sealed: Uint8Array, out: Uint8Array): Promise<boolean> {
    try {
      await this.#chunks.open(first, sealed, out);
      return true;
    } catch (error) {
      if (error instanceof CryptoError && error.code === 'AUTHENTICATION_FAILED') {
        return false;
      }
      throw error;
    }
  }
}
