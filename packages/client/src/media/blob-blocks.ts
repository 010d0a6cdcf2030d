/**
 * A blob from its beginning to its end, in the large blocks in which it is cheapest to read.
 *
 * @module
 */

import { COBBLESTONE_SEALED_CHUNK_SIZE } from '@secret-chat/crypto';
import type { StoredBlob } from './blob-store.ts';

/** Chunks that are read at once: 1 MiB of plaintext. */
const RUN_CHUNKS = 64;
const BLOCK: number = RUN_CHUNKS * COBBLESTONE_SEALED_CHUNK_SIZE;

/** A block is lent until the next one is asked for: memory that is used again costs no page faults. */
export async function* blobBlocks(blob: StoredBlob): AsyncGenerator<Uint8Array, void, undefined> {
  const size = Math.min(BLOCK, blob.size);
  let [used, free] = [new Uint8Array(size), new Uint8Array(size)];
  const read = (offset: number) => blob.read(offset, Math.min(BLOCK, blob.size - offset), used);
  let next = read(0);
  try {
    for (let offset = 0; offset < blob.size; offset += BLOCK) {
      const block = await next;
      [used, free] = [free, used];
      if (offset + BLOCK < blob.size) {
        // Read while this one is used.
        next = read(offset + BLOCK);
        next.catch(() => {});
      }
      yield block;
    }
  } finally {
    // Whoever stops early may close the blob.
    await next.catch(() => {});
  }
}
