/**
 * Spooling: a file is encrypted once, to the end, into a blob.
 *
 * **Under one file key and salt a chunk is encrypted from exactly one plaintext** (files §6.1). It holds by construction:
 * both are drawn here, used for one run of the cipher, and forgotten with the blob if that fails; pieces are only ever
 * read back from the blob.
 *
 * Spec: docs/protocol/files.md §6.1, docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import {
  type Aes256GcmProvider,
  CryptoError,
  encryptFile,
  type FileKey,
  newFileKey,
  newFileSalt,
  type RandomSource,
} from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import type { StoredBlob } from './blob-store.ts';
import { BlockMemory } from './block-memory.ts';
import type { ByteStream } from './file.ts';

/** What one spooling needs. */
export interface SpoolJob {
  /** In bytes. */
  readonly size: number;
  /** Read once. */
  readonly open: () => ByteStream;
  readonly aes: Aes256GcmProvider;
  readonly random: RandomSource;
  readonly signal: AbortSignal;
  /** Makes the blob of a new file key, which it may not keep. */
  readonly begin: (fileKey: FileKey) => Promise<StoredBlob>;
  /** So many bytes of the blob are there; awaited before more are written. */
  readonly written: (bytes: number) => Promise<void>;
}

/**
 * Returns the file key, owned by the caller, once the whole blob is durable. If it fails the key is wiped, and what was made
 * is of no use.
 *
 * @throws `ClientError` `FILE_CHANGED` for a source with more or fewer bytes, `FILE_UNREADABLE` for one that fails,
 * `STORE_FAILED`, `ABORTED`
 */
export async function spoolFile(job: SpoolJob): Promise<FileKey> {
  const fileKey = newFileKey(job.random);
  try {
    const blob = await job.begin(fileKey);
    await writeAll(job, fileKey, blob);
    await blob.sync();
    return fileKey;
  } catch (error) {
    fileKey.wipe();
    throw job.signal.aborted ? aborted(job.signal) : described(error);
  }
}

/** The next block is read and encrypted while the one before it is written. */
async function writeAll({ size, open, aes, random, signal, written }: SpoolJob, fileKey: FileKey, blob: StoredBlob) {
  const salt = newFileSalt(random);
  let offset = 0;
  let writing: Promise<void> = Promise.resolve();
  const memory = new BlockMemory();
  const allocate = (bytes: number) => memory.take(bytes);
  const blocks = encryptFile(fileKey, salt, size, open(), { provider: aes, signal, allocate });
  try {
    for await (const block of blocks) {
      await writing;
      await written(offset);
      writing = blob.write(offset, block).then(() => memory.give(block));
      // Looked at in the next round; a failure meanwhile is not an unhandled one.
      writing.catch(() => {});
      offset += block.length;
    }
  } finally {
    await writing;
  }
  await written(offset);
}

function described(error: unknown): unknown {
  if (error instanceof ClientError) {
    return error;
  }
  if (error instanceof CryptoError && error.code === 'SIZE_MISMATCH') {
    return new ClientError('FILE_CHANGED', 'the file has another size than it was said to have', { cause: error });
  }
  return new ClientError('FILE_UNREADABLE', 'the file could not be read', { cause: error });
}

function aborted({ reason }: AbortSignal): ClientError {
  return reason instanceof ClientError
    ? reason
    : new ClientError('ABORTED', 'the file was not sent', { cause: reason });
}
