/**
 * Sizes of pieces, without the capabilities that a plan derives with each.
 *
 * Spec: docs/protocol/files.md §5.
 *
 * @module
 */

import { LARGE_PIECE_SIZE, SMALL_PIECE_SIZE } from '@secret-chat/crypto';
import type { PieceSet } from './piece-set.ts';

/** @param total size of all pieces together, in bytes */
export function pieceSize(total: number, index: number): number {
  return index < Math.floor(total / LARGE_PIECE_SIZE) ? LARGE_PIECE_SIZE : SMALL_PIECE_SIZE;
}

/** Number of pieces that lie whole in the first `bytes` bytes. */
export function piecesWithin(total: number, bytes: number): number {
  const large = Math.floor(total / LARGE_PIECE_SIZE);
  const whole = Math.floor(bytes / LARGE_PIECE_SIZE);
  return whole < large ? whole : large + Math.floor((bytes - large * LARGE_PIECE_SIZE) / SMALL_PIECE_SIZE);
}

/** Bytes of the pieces in `set`. */
export function sizeOf(total: number, set: PieceSet): number {
  let sum = 0;
  for (let i = 0; i < set.capacity; i += 1) {
    sum += set.has(i) ? pieceSize(total, i) : 0;
  }
  return sum;
}
