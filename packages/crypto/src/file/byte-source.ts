/**
 * Where bytes come from: a stream of blocks, or a place that can be read at any offset.
 *
 * @module
 */

import { CryptoError, type CryptoErrorCode } from '../errors.ts';

/**
 * Blocks of any size, empty ones too.
 *
 * A block is used up before the next one is asked for, so a source may fill the same buffer again and again.
 */
export type ByteSource = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Bytes that can be read in any order: an open file, a cache of pieces, another cipher's view. */
export interface RandomAccessSource {
  /** In bytes; it does not change. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, which the reader then owns. Asked only for `offset + length <= size`. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Iterates over `source`; a stream that is left early is cancelled. */
export function blocksOf(source: ByteSource): AsyncIterable<Uint8Array> {
  // Not every browser can iterate over a ReadableStream.
  return Symbol.asyncIterator in source ? source : iterate(source as ReadableStream<Uint8Array>);
}

/**
 * The blocks of `source`, which must hold `size` bytes.
 *
 * @param what names the bytes in errors
 * @throws {@link CryptoError} of code `fewer` or `more`; the latter before the block that is too much
 */
export async function* exactly(
  source: ByteSource,
  size: number,
  what: string,
  fewer: CryptoErrorCode,
  more: CryptoErrorCode,
): AsyncGenerator<Uint8Array, void, undefined> {
  let count = 0;
  for await (const block of blocksOf(source)) {
    count += block.length;
    if (count > size) {
      throw new CryptoError(more, `${what} has more than ${size} bytes`);
    }
    yield block;
  }
  if (count < size) {
    throw new CryptoError(fewer, `${what} has ${count} bytes, not ${size}`);
  }
}

/** @throws {@link CryptoError} `SIZE_MISMATCH` when `source` gives another number of bytes */
export async function readExactly(source: RandomAccessSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.length !== length) {
    throw new CryptoError('SIZE_MISMATCH', `asked the source for ${length} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `length` bytes from `offset` lie within `size` bytes */
export function requireRange(size: number, offset: number, length: number): void {
  const natural = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!natural || offset + length > size) {
    throw new CryptoError('INVALID_ARGUMENT', `range ${offset}+${length} is not within ${size} bytes`);
  }
}

async function* iterate(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield next.value;
    }
  } finally {
    // Cancelling a stream that has ended or failed does nothing.
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
