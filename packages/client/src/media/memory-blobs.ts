/**
 * Blobs in memory: for tests, and for devices whose files need not outlive the process.
 *
 * @module
 */

import { ClientError } from '../errors.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';

/** Takes as much memory as the files that it holds. */
export function memoryBlobs(): BlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    async create(name, size) {
      const bytes = allocate(size);
      blobs.set(name, bytes);
      return openBlob(bytes);
    },
    async open(name) {
      const bytes = blobs.get(name);
      return bytes && openBlob(bytes);
    },
    async remove(name) {
      blobs.delete(name);
    },
    async list() {
      return [...blobs.keys()];
    },
  };
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new ClientError('STORE_FAILED', `there is no memory for a file of ${size} bytes`, { cause });
  }
}

function openBlob(bytes: Uint8Array): StoredBlob {
  return {
    size: bytes.length,
    async read(offset, length, into) {
      if (into === undefined) {
        return bytes.slice(offset, offset + length);
      }
      into.set(bytes.subarray(offset, offset + length));
      return into.subarray(0, length);
    },
    async write(offset, block) {
      bytes.set(block, offset);
    },
    async sync() {},
    async close() {},
  };
}
