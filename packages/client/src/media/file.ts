/**
 * Files of a chat, as a program sees them.
 *
 * @module
 */

import type { FileDescriptor } from '@secret-chat/crypto';

/**
 * Where a file is. Mine: `uploading` · `paused` · `up` on the relay · `fetched` by the other side · `missing`, its spool was
 * lost before it was up. Theirs: `remote` · `fetching` · `paused` · `fetched` · `missing`, the relay has not all of it and the
 * sender was asked · `damaged`, it does not authenticate.
 */
export type FileState = 'uploading' | 'paused' | 'up' | 'remote' | 'fetching' | 'fetched' | 'missing' | 'damaged';

/** What a message says of its file. What opens it stays with the device. */
export type FileInfo = Omit<FileDescriptor, 'key'>;

/** How far a transfer is. */
export interface FileProgress {
  readonly direction: 'up' | 'down';
  /** Bytes of the file, of {@link FileProgress.total}. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds that the rest takes at the present speed, as soon as that is known. */
  readonly etaMs?: number;
}

/**
 * Blocks of any size. Each is **lent** until the next one is asked for: a stream may fill the same memory again, so whoever
 * keeps a block copies it.
 */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Something with a known size that is read once, from its beginning to its end: a `Blob`, a `File`, an opened file. */
export interface SizedSource {
  /** In bytes. */
  readonly size: number;
  /** Called once. Its blocks are lent until the next one is asked for. */
  stream(): ByteStream;
  /** Called once when the source is not needed any more, whatever happened. */
  close?(): Promise<void>;
}

/** What a file is made of. */
export type FileSource = Uint8Array | SizedSource | ByteStream;

export interface SendFileOptions {
  /** What the other side is shown, at most 255 bytes of UTF-8; only its last part if it is a path. */
  readonly name: string;
  /** `application/octet-stream` if left out. */
  readonly mediaType?: string;
  readonly caption?: string;
  /** {@link Message.n} of the message it answers. */
  readonly replyTo?: number;
  /** ThumbHash, 1 to 64 bytes. */
  readonly preview?: Uint8Array;
  /** Pixels, at most 65535. */
  readonly width?: number;
  readonly height?: number;
  /** Of a stream, in bytes. Without it a stream is held in memory first, and may have at most 64 MiB. */
  readonly size?: number;
  /** Told until the file is on the relay, also after the call has resolved. */
  readonly onProgress?: (progress: FileProgress) => void;
  /** Gives up until the call has resolved; then see `cancelFile`. */
  readonly signal?: AbortSignal;
}

export interface FetchFileOptions {
  readonly onProgress?: (progress: FileProgress) => void;
  /** Pauses the transfer. */
  readonly signal?: AbortSignal;
}

/** A file of a chat, opened: what is read did authenticate. */
export interface OpenFile {
  /** In bytes. */
  readonly size: number;
  /** As the sender gave it; never to be used as a path. */
  readonly name: string;
  /** As the sender gave it. */
  readonly mediaType: string;
  /**
   * `length` bytes from `offset`, owned by the caller; what is not here yet is fetched first.
   *
   * @throws `ClientError` `INVALID_ARGUMENT` outside of the file, `FILE_DAMAGED`, `FILE_MISSING`
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * The whole file, in blocks that the caller owns. It is whole only if the stream ends without an error.
   *
   * @param allocate makes the memory of a block, at least `size` bytes, so that what the caller has done with is used again;
   * left aside while the file is being fetched
   */
  stream(allocate?: (size: number) => Uint8Array): AsyncIterable<Uint8Array>;
  /** Once it is not needed any more. */
  close(): Promise<void>;
}
