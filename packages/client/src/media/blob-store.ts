/**
 * Where the ciphertext of files lies on a device: blobs under random names, written in any order.
 *
 * A blob holds exactly what the relay holds of a file, so it is of no use without the file's key, which lies in the vault.
 *
 * @module
 */

import type { RandomAccessSource } from '@secret-chat/crypto';

/** An open blob. */
export interface StoredBlob extends RandomAccessSource {
  /**
   * Exactly `length` bytes from `offset`, owned by the caller.
   *
   * @param into memory of at least `length` bytes to put them into, so that none has to be made; a blob that cannot leaves it
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  /** Writes `bytes`, which stay the caller's but must not change before this resolves. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Resolves once everything that was written survives a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What the device needs of its cache of ciphertexts. A blob that was removed while it is open can be read until it is closed.
 *
 * @throws `ClientError` `STORE_FAILED` (disk full, gone) from each method
 */
export interface BlobStore {
  /** Makes a blob of `size` bytes, zeros until they are written. @param name 32 hexadecimal digits */
  create(name: string, size: number): Promise<StoredBlob>;
  /** `undefined` if there is none of this name. */
  open(name: string): Promise<StoredBlob | undefined>;
  /** Harmless if there is none. */
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** Of a name, in bytes before they are written as hexadecimal digits. */
export const BLOB_NAME_SIZE = 16;

/** True for what can be a blob's name. */
export function isBlobName(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name);
}
