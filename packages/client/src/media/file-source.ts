/**
 * What a file is made of, in one form: a size, and a stream that is read once.
 *
 * @module
 */

import { MAX_FILE_SIZE } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import type { ByteStream, FileSource, SizedSource } from './file.ts';

/** A stream whose size nobody knows is held in memory up to here. */
const MAX_BUFFERED: number = 64 * 1_048_576;

/**
 * @param size of a stream, if it is known
 * @throws `ClientError` `INVALID_ARGUMENT` for what is no source; `FILE_TOO_LARGE`, `FILE_UNREADABLE`
 */
export async function sizedSource(source: FileSource, size: number | undefined): Promise<SizedSource> {
  const sized = await toSized(source, size);
  if (!Number.isSafeInteger(sized.size) || sized.size < 0) {
    await sized.close?.();
    throw new ClientError('INVALID_ARGUMENT', 'the size of a file is an integer');
  }
  if (sized.size > MAX_FILE_SIZE) {
    await sized.close?.();
    throw new ClientError('FILE_TOO_LARGE', `a file has at most ${MAX_FILE_SIZE} bytes`);
  }
  return sized;
}

async function toSized(source: FileSource, size: number | undefined): Promise<SizedSource> {
  if (source instanceof Uint8Array) {
    return ofBytes([source], source.length);
  }
  if (isSized(source)) {
    return source;
  }
  if (!isStream(source)) {
    throw new ClientError('INVALID_ARGUMENT', 'a file is made of bytes, a Blob, or a stream of bytes');
  }
  return size === undefined ? buffered(source) : { size, stream: () => source };
}

function ofBytes(blocks: readonly Uint8Array[], size: number): SizedSource {
  return {
    size,
    async *stream() {
      yield* blocks;
    },
  };
}

/** Blocks are copied: a stream may fill the same one again. */
async function buffered(stream: ByteStream): Promise<SizedSource> {
  const blocks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const block of stream as AsyncIterable<Uint8Array>) {
      size += block.length;
      if (size > MAX_BUFFERED) {
        throw new ClientError(
          'FILE_TOO_LARGE',
          `a stream of more than ${MAX_BUFFERED} bytes is sent only if its size is given`,
        );
      }
      blocks.push(new Uint8Array(block));
    }
  } catch (cause) {
    throw cause instanceof ClientError
      ? cause
      : new ClientError('FILE_UNREADABLE', 'the file could not be read', { cause });
  }
  return ofBytes(blocks, size);
}

function isSized(source: FileSource): source is SizedSource {
  const { size, stream } = source as Partial<SizedSource>;
  return typeof size === 'number' && typeof stream === 'function';
}

function isStream(source: unknown): source is ByteStream {
  return (
    typeof source === 'object' &&
    source !== null &&
    (Symbol.asyncIterator in source || source instanceof ReadableStream)
  );
}
