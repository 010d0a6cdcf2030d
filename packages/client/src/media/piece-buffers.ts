/**
 * Memory for pieces that are moved, used again and again: to touch memory for the first time costs more than to read a file
 * into it.
 *
 * @module
 */

import { LARGE_PIECE_SIZE } from '@secret-chat/crypto';

export class PieceBuffers {
  readonly #free: Uint8Array[] = [];

  /** Of the size of a large piece; the caller's until it is given back, if ever. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(LARGE_PIECE_SIZE);
  }

  /** Nobody reads from it any more. */
  give(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }
}
