/**
 * Blobs as files of a folder: for their owner alone, under names that say nothing.
 *
 * @module
 */

import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../errors.ts';
import { type BlobStore, isBlobName, type StoredBlob } from '../media/blob-store.ts';
import { codeOf, FILE_MODE, makeFolder, onDisk } from './new-file.ts';

/**
 * Opens the folder, or makes it. It belongs to one device: what that device does not know is removed when it is opened.
 *
 * @throws `ClientError` `STORE_FAILED`
 */
export async function openBlobFolder(folder: string): Promise<BlobStore> {
  await makeFolder(folder);
  const fileOf = (name: string) => path.join(folder, checkedName(name));
  return {
    async create(name, size) {
      const handle = await onDisk(open(fileOf(name), 'wx+', FILE_MODE));
      try {
        await onDisk(handle.truncate(size));
      } catch (error) {
        await handle.close();
        await rm(fileOf(name), { force: true });
        throw error;
      }
      return new BlobFile(handle, size);
    },
    async open(name) {
      let handle: FileHandle;
      try {
        handle = await open(fileOf(name), 'r+');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') {
          return undefined;
        }
        return onDisk(Promise.reject(error));
      }
      const { size } = await onDisk(handle.stat());
      return new BlobFile(handle, size);
    },
    async remove(name) {
      await onDisk(rm(fileOf(name), { force: true }));
    },
    async list() {
      return (await onDisk(readdir(folder))).filter(isBlobName);
    },
  };
}

class BlobFile implements StoredBlob {
  readonly size: number;
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array> {
    const bytes = into?.subarray(0, length) ?? new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await onDisk(this.#handle.read(bytes, filled, length - filled, offset + filled));
      if (bytesRead === 0) {
        throw new ClientError('STORE_FAILED', 'a file in the cache ends early');
      }
      filled += bytesRead;
    }
    return bytes;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const left = bytes.length - written;
      const { bytesWritten } = await onDisk(this.#handle.write(bytes, written, left, offset + written));
      written += bytesWritten;
    }
  }

  async sync(): Promise<void> {
    await onDisk(this.#handle.datasync());
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }
}

function checkedName(name: string): string {
  if (!isBlobName(name)) {
    throw new ClientError('INVALID_ARGUMENT', 'a blob is named by 32 hexadecimal digits');
  }
  return name;
}
