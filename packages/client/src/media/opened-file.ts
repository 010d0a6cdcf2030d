/**
 * A file that is read: authenticated, at any offset, and fetched as far as it is not here.
 *
 * Spec: docs/protocol/files.md §7.
 *
 * @module
 */

import {
  type Aes256GcmProvider,
  CryptoError,
  decryptFile,
  type FileDescriptor,
  openFileReader,
  paddedCiphertextSize,
  type RandomAccessSource,
  Secret,
} from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import { blobBlocks } from './blob-blocks.ts';
import type { StoredBlob } from './blob-store.ts';
import type { Download } from './download.ts';
import type { OpenFile } from './file.ts';

/** What a stream gives at once. */
const BLOCK = 1_048_576;

export interface OpenedParts {
  readonly file: FileDescriptor;
  /** Closed with the file. */
  readonly blob: StoredBlob;
  readonly aes: Aes256GcmProvider;
  /** What fetches, while not everything is here. */
  readonly download?: Download | undefined;
  readonly closed: () => Promise<void>;
}

/** @throws `ClientError` `FILE_DAMAGED`, `FILE_MISSING` */
export async function openStoredFile(parts: OpenedParts): Promise<OpenFile> {
  const { file, blob, download } = parts;
  const source = new FetchingSource(blob, paddedCiphertextSize(file.size), download);
  const fileKey = new Secret<'file-key'>(new Uint8Array(file.key));
  try {
    const reader = await source.trying(() => openFileReader(fileKey, file.size, source, parts.aes));
    return new Opened(parts, source, reader);
  } finally {
    fileKey.wipe();
  }
}

class Opened implements OpenFile {
  readonly size: number;
  readonly name: string;
  readonly mediaType: string;
  readonly #parts: OpenedParts;
  readonly #source: FetchingSource;
  readonly #reader: RandomAccessSource;
  #closing: Promise<void> | undefined;

  constructor(parts: OpenedParts, source: FetchingSource, reader: RandomAccessSource) {
    this.size = parts.file.size;
    this.name = parts.file.name;
    this.mediaType = parts.file.mediaType;
    this.#parts = parts;
    this.#source = source;
    this.#reader = reader;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#requireOpen();
    return this.#source.trying(() => this.#reader.read(offset, length));
  }

  stream(allocate?: (size: number) => Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#parts.download === undefined ? this.#streamWhole(allocate) : this.#streamFetched();
  }

  close(): Promise<void> {
    this.#closing ??= this.#parts.blob.close().then(() => this.#parts.closed());
    return this.#closing;
  }

  /** All of it is here: in one run of the cipher. */
  async *#streamWhole(
    allocate: ((size: number) => Uint8Array) | undefined,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { file, blob, aes } = this.#parts;
    const fileKey = new Secret<'file-key'>(new Uint8Array(file.key));
    try {
      this.#requireOpen();
      for await (const block of decryptFile(fileKey, file.size, blobBlocks(blob), { provider: aes, allocate })) {
        yield block;
        this.#requireOpen();
      }
    } catch (error) {
      throw described(error);
    } finally {
      fileKey.wipe();
    }
  }

  /** What is not here yet is fetched, one block ahead. */
  async *#streamFetched(): AsyncGenerator<Uint8Array, void, undefined> {
    const read = (offset: number) => this.read(offset, Math.min(BLOCK, this.size - offset));
    let next = read(0);
    for (let offset = 0; offset < this.size; offset += BLOCK) {
      const block = await next;
      if (offset + BLOCK < this.size) {
        // Read while this one is used.
        next = read(offset + BLOCK);
        next.catch(() => {});
      }
      yield block;
    }
    await next;
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) {
      throw new ClientError('CLOSED', 'the file was closed');
    }
  }
}

/** The ciphertext, fetched before it is read; and fetched once more if it does not authenticate. */
class FetchingSource implements RandomAccessSource {
  readonly size: number;
  readonly #blob: StoredBlob;
  readonly #download: Download | undefined;
  /** What was read since tries began that are under way: several may be, and one fails because of what it has read. */
  #read: { readonly offset: number; readonly length: number }[] = [];
  #tries = 0;

  constructor(blob: StoredBlob, size: number, download: Download | undefined) {
    this.#blob = blob;
    this.size = size;
    this.#download = download;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#read.push({ offset, length });
    await this.#download?.need(offset, length);
    return this.#blob.read(offset, length);
  }

  async trying<T>(work: () => Promise<T>): Promise<T> {
    if (this.#tries === 0) {
      this.#read = [];
    }
    this.#tries += 1;
    try {
      return await this.#tryTwice(work);
    } finally {
      this.#tries -= 1;
    }
  }

  async #tryTwice<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isDamage(error) || this.#download === undefined) {
        throw described(error);
      }
      this.#distrust();
    }
    try {
      return await work();
    } catch (error) {
      if (isDamage(error)) {
        // The next read tries again.
        this.#distrust();
      }
      throw described(error);
    }
  }

  #distrust(): void {
    for (const { offset, length } of this.#read.splice(0)) {
      this.#download?.distrust(offset, length);
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof CryptoError && error.code === 'AUTHENTICATION_FAILED';
}

function described(error: unknown): unknown {
  if (!(error instanceof CryptoError)) {
    return error;
  }
  return error.code === 'INVALID_ARGUMENT'
    ? new ClientError('INVALID_ARGUMENT', error.message)
    : new ClientError('FILE_DAMAGED', 'the file does not authenticate', { cause: error });
}
