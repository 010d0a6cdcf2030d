/**
 * A bound on nesting, checked before anything is decoded.
 *
 * Decoders recurse and look for circular references, so that what is nested deeply costs far more than its size: one
 * frame of 64 KiB would keep a relay busy for a second. No schema here nests deeper than 4.
 *
 * Spec: docs/protocol/content.md §1.1.
 *
 * @module
 */

import { CborError } from './errors.ts';

/** Arrays and maps within each other. */
const MAX_DEPTH = 16;

const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

/**
 * Walks over the heads of all items (RFC 8949 §3), once and without recursion. What else is wrong with `bytes` is left to
 * the decoder.
 *
 * @throws {@link CborError} `MALFORMED` for deeper nesting, or a map with a key that is no text
 */
export function requireShallow(bytes: Uint8Array): void {
  // For each open array or map: how many items are still to come, and whether they are keys and values in turn.
  const open: { left: number; readonly isMap: boolean }[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const major = (bytes[offset] as number) >> 5;
    const { argument, size } = readHead(bytes, offset);
    offset += size;
    const parent = open.at(-1);
    if (parent !== undefined) {
      if (parent.isMap && parent.left % 2 === 0 && major !== TEXT) {
        throw new CborError('MALFORMED', 'a map has a key that is no text');
      }
      parent.left--;
    }
    if (major === BYTES || major === TEXT) {
      offset += argument;
    } else if (major === ARRAY || major === MAP) {
      open.push({ left: major === MAP ? 2 * argument : argument, isMap: major === MAP });
    }
    while (open.at(-1)?.left === 0) {
      open.pop();
    }
    if (open.length > MAX_DEPTH) {
      throw new CborError('MALFORMED', `nested deeper than ${MAX_DEPTH}`);
    }
  }
}

/** Argument and size of the head at `offset`; bytes beyond the end count as zeros. */
function readHead(bytes: Uint8Array, offset: number): { argument: number; size: number } {
  const info = (bytes[offset] as number) & 0x1f;
  if (info < 24 || info > 27) {
    return { argument: info < 24 ? info : 0, size: 1 };
  }
  const length = 2 ** (info - 24);
  let argument = 0;
  for (let i = 1; i <= length; i++) {
    argument = argument * 256 + (bytes[offset + i] ?? 0);
  }
  return { argument, size: 1 + length };
}
