/**
 * Whether a ciphertext that was fetched is the whole file, and if not, which pieces to fetch again.
 *
 * Spec: docs/protocol/files.md §7.
 *
 * @module
 */

import {
  type Aes256GcmProvider,
  COBBLESTONE_CHUNK_SIZE,
  COBBLESTONE_HEADER_SIZE,
  COBBLESTONE_SEALED_CHUNK_SIZE,
  CryptoError,
  decryptFile,
  type FileDescriptor,
  type FileKey,
  openFileReader,
  type PiecePlan,
  type RandomAccessSource,
  Secret,
} from '@secret-chat/crypto';
import { blobBlocks } from './blob-blocks.ts';
import type { StoredBlob } from './blob-store.ts';

/** Read and authenticated at once. */
const RUN_CHUNKS = 64;

/** What a check needs. */
export interface Checked {
  readonly file: FileDescriptor;
  readonly plan: PiecePlan;
  readonly ciphertext: StoredBlob;
  readonly aes: Aes256GcmProvider;
  readonly signal: AbortSignal;
}

/**
 * Authenticates the whole, padding included. Returns the pieces that do not belong to it: none if it is whole, and
 * `padding` if its sender has not encrypted what a sender encrypts.
 */
export async function damagedPieces(checked: Checked): Promise<ReadonlySet<number> | 'padding'> {
  const { file, ciphertext, aes, signal } = checked;
  const fileKey = new Secret<'file-key'>(new Uint8Array(file.key));
  try {
    for await (const _block of decryptFile(fileKey, file.size, blobBlocks(ciphertext), { provider: aes, signal })) {
      // Every block authenticated; what it says is not of interest here.
    }
    return new Set();
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'MALFORMED') {
      return 'padding';
    }
    if (!(error instanceof CryptoError) || error.code !== 'AUTHENTICATION_FAILED') {
      throw error;
    }
    return await locate(checked, fileKey);
  } finally {
    fileKey.wipe();
  }
}

/** Which pieces hold chunks that do not authenticate. Without a header or an end, those that hold them. */
async function locate(checked: Checked, fileKey: FileKey): Promise<ReadonlySet<number>> {
  const { plan, ciphertext, aes } = checked;
  const { size } = checked.file;
  const bad = new Set<number>();
  const chunks = Math.floor(size / COBBLESTONE_CHUNK_SIZE);
  let reader: RandomAccessSource;
  try {
    reader = await openFileReader(fileKey, size, ciphertext, aes);
  } catch {
    return new Set([0, plan.count - 1]);
  }
  for (let first = 0; first <= chunks; first += RUN_CHUNKS) {
    const end = Math.min(chunks + 1, first + RUN_CHUNKS);
    if (!(await authenticates(reader, first, end))) {
      for (let chunk = first; chunk < end; chunk += 1) {
        if (!(await authenticates(reader, chunk, chunk + 1))) {
          addCovering(bad, checked, chunk, chunk + 1);
        }
      }
    }
  }
  if (bad.size === 0) {
    // Then it is in the padding, which a reader does not reach.
    addCovering(bad, checked, chunks, Number.POSITIVE_INFINITY);
  }
  return bad;
}

async function authenticates(reader: RandomAccessSource, first: number, end: number): Promise<boolean> {
  const offset = first * COBBLESTONE_CHUNK_SIZE;
  try {
    await reader.read(offset, Math.min(reader.size, end * COBBLESTONE_CHUNK_SIZE) - offset);
    return true;
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'AUTHENTICATION_FAILED') {
      return false;
    }
    throw error;
  }
}

function addCovering(into: Set<number>, { plan }: Checked, firstChunk: number, endChunk: number): void {
  const from = COBBLESTONE_HEADER_SIZE + firstChunk * COBBLESTONE_SEALED_CHUNK_SIZE;
  const to = Math.min(plan.size, COBBLESTONE_HEADER_SIZE + endChunk * COBBLESTONE_SEALED_CHUNK_SIZE);
  for (const { index } of plan.covering(from, to - from)) {
    into.add(index);
  }
}
