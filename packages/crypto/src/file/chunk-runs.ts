/**
 * Cuts blocks of any size into runs of whole chunks.
 *
 * Chunks that lie whole in a block are passed on without a copy; only one that spans two blocks is put together in
 * a buffer of its own.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { type ByteSource, blocksOf } from './byte-source.ts';
import { BATCH_CHUNKS } from './cobblestone.ts';

/**
 * Yields the first `headerSize` bytes, unless that is 0; then runs of 1 to 64 chunks of `chunkSize` bytes; and at
 * the end of `source` what is left, less than `chunkSize` bytes and maybe none. If the source ends within the header
 * that is all there is.
 *
 * A run is lent: it is valid until the next one is asked for.
 *
 * @param signal looked at before each run; a source that may wait long has to watch it itself
 */
export async function* chunkRuns(
  source: ByteSource,
  headerSize: number,
  chunkSize: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const carry = new Uint8Array(Math.max(headerSize, chunkSize));
  let carried = 0;
  let wanted = headerSize > 0 ? headerSize : chunkSize;
  for await (const block of blocksOf(source)) {
    if (!(block instanceof Uint8Array)) {
      throw new CryptoError('INVALID_ARGUMENT', 'a source must yield Uint8Array blocks');
    }
    for (let rest = block; ; ) {
      signal?.throwIfAborted();
      if (carried > 0 || rest.length < wanted) {
        const part = rest.subarray(0, wanted - carried);
        carry.set(part, carried);
        carried += part.length;
        rest = rest.subarray(part.length);
        if (carried < wanted) {
          break;
        }
        carried = 0;
        yield carry.subarray(0, wanted);
      } else {
        // The header comes alone; chunks come as many as there are, up to a batch.
        const count = wanted === chunkSize ? Math.min(BATCH_CHUNKS, Math.floor(rest.length / chunkSize)) : 1;
        yield rest.subarray(0, count * wanted);
        rest = rest.subarray(count * wanted);
      }
      wanted = chunkSize;
    }
  }
  signal?.throwIfAborted();
  yield carry.subarray(0, carried);
}
