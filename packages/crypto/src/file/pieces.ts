/**
 * Pieces: the fixed-size parts in which a file's ciphertext lies on the relay, each under a name of its own.
 *
 * Spec: docs/protocol/files.md §5.
 *
 * @module
 */

import { u32 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import { hmacSha256 } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import { requireRange } from './byte-source.ts';
import { deriveFromFileKey, type FileKey } from './file-key.ts';
import { UNIT_SIZE, unitCount } from './padding.ts';

/** Of all pieces but the last few. */
export const LARGE_PIECE_SIZE = 1_048_576;
/** Of the pieces, 15 at most, that hold what does not fill a large one. */
export const SMALL_PIECE_SIZE: number = UNIT_SIZE;

const SMALL_PER_LARGE = 16;

/** One piece of a file's ciphertext. */
export interface Piece {
  readonly index: number;
  /** Where it begins in the ciphertext, in bytes. */
  readonly offset: number;
  /** 1048576 or 65536 bytes. */
  readonly length: number;
  /** 32 bytes; who knows it can fetch the piece. */
  readonly id: Uint8Array;
  /** 32 bytes; who knows it can delete the piece. */
  readonly deleteToken: Uint8Array;
}

/** All pieces of one file, in the order of the ciphertext. */
export class PiecePlan {
  /** Number of pieces; at least 1. */
  readonly count: number;
  /** Size of all pieces together, in bytes. */
  readonly size: number;
  readonly #largeCount: number;
  readonly #idKey: Secret<'file-piece-id-key'>;
  readonly #deleteKey: Secret<'file-delete-key'>;

  /**
   * @param fileKey used only until this returns
   * @param size of the file, in bytes
   */
  constructor(fileKey: FileKey, size: number) {
    const units = unitCount(size);
    this.size = units * UNIT_SIZE;
    this.#largeCount = Math.floor(units / SMALL_PER_LARGE);
    this.count = this.#largeCount + (units % SMALL_PER_LARGE);
    this.#idKey = deriveFromFileKey(fileKey, LABEL.filePieceId);
    this.#deleteKey = deriveFromFileKey(fileKey, LABEL.fileDeleteToken);
  }

  /** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `index` is an integer of 0 to `count - 1` */
  piece(index: number): Piece {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new CryptoError('INVALID_ARGUMENT', `piece index must be an integer of 0 to ${this.count - 1}`);
    }
    const small = index - this.#largeCount;
    return {
      index,
      offset: small < 0 ? index * LARGE_PIECE_SIZE : this.#largeCount * LARGE_PIECE_SIZE + small * SMALL_PIECE_SIZE,
      length: small < 0 ? LARGE_PIECE_SIZE : SMALL_PIECE_SIZE,
      // id = HMAC-SHA-256(id key, u32 index)
      id: hmacSha256(this.#idKey.expose(), u32(index)),
      deleteToken: hmacSha256(this.#deleteKey.expose(), u32(index)),
    };
  }

  /**
   * The pieces that hold `length` bytes of ciphertext from `offset`, in order; none when `length` is 0.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` when the range is not within the ciphertext
   */
  covering(offset: number, length: number): Piece[] {
    requireRange(this.size, offset, length);
    if (length === 0) {
      return [];
    }
    const first = this.#indexAt(offset);
    const last = this.#indexAt(offset + length - 1);
    return Array.from({ length: last - first + 1 }, (_, i) => this.piece(first + i));
  }

  /** Wipes the keys of ids and delete tokens. */
  wipe(): void {
    this.#idKey.wipe();
    this.#deleteKey.wipe();
  }

  #indexAt(offset: number): number {
    const large = Math.floor(offset / LARGE_PIECE_SIZE);
    if (large < this.#largeCount) {
      return large;
    }
    return this.#largeCount + Math.floor((offset - this.#largeCount * LARGE_PIECE_SIZE) / SMALL_PIECE_SIZE);
  }
}
