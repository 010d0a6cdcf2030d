/**
 * A file of this machine, to be sent.
 *
 * It is opened once, so that what is looked at is what is read. Whether it changed meanwhile is asked at the end: what
 * was read of a file that somebody writes to is no version of it.
 *
 * @module
 */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../errors.ts';
import type { SizedSource } from '../media/file.ts';
import { codeOf } from './new-file.ts';

/** Does not wait for the other end of a pipe. */
const READ: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** Read at once: a call for each costs more than copying its bytes. */
const BLOCK = 1_048_576;

/** A file that is open; its name without the folders. */
export interface OpenedSource extends SizedSource {
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Opens a file to be sent; `sendFile` closes it.
 *
 * @throws `ClientError` `FILE_UNREADABLE` for what is no file, is not there, or may not be read
 */
export async function fileSource(file: string): Promise<OpenedSource> {
  const handle = await opened(file);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new ClientError('FILE_UNREADABLE', `only files can be sent, not a ${kindOf(stats)}`);
    }
    return new PathSource(handle, path.basename(file), stats);
  } catch (error) {
    await handle.close();
    throw unreadable(error);
  }
}

class PathSource implements OpenedSource {
  readonly size: number;
  readonly name: string;
  readonly #handle: FileHandle;
  readonly #before: Stats;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, name: string, stats: Stats) {
    this.#handle = handle;
    this.name = name;
    this.size = stats.size;
    this.#before = stats;
  }

  /** Blocks are lent until the next one is asked for: memory that is used again costs no page faults. */
  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    let [used, free] = [new Uint8Array(BLOCK), new Uint8Array(BLOCK)];
    let offset = 0;
    let next = this.#read(used, offset);
    for (let block = await next; block.length > 0; block = await next) {
      offset += block.length;
      [used, free] = [free, used];
      // Read while the block before it is used.
      next = this.#read(used, offset);
      next.catch(() => {});
      yield block;
    }
    const now = await this.#handle.stat();
    if (now.size !== this.#before.size || now.mtimeMs !== this.#before.mtimeMs) {
      throw new ClientError('FILE_CHANGED', 'the file was changed while it was read');
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }

  /** From where the block before it ended, whatever became of the file meanwhile; empty at the end. */
  async #read(into: Uint8Array, offset: number): Promise<Uint8Array> {
    try {
      const { bytesRead } = await this.#handle.read(into, 0, BLOCK, offset);
      return into.subarray(0, bytesRead);
    } catch (error) {
      throw unreadable(error);
    }
  }
}

async function opened(file: string): Promise<FileHandle> {
  try {
    return await open(file, READ);
  } catch (error) {
    throw unreadable(error);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) {
    return 'folder';
  }
  return stats.isFIFO() ? 'pipe' : 'device';
}

/** Says why, and not which file: its name is the caller's to show. */
function unreadable(error: unknown): unknown {
  return error instanceof ClientError
    ? error
    : new ClientError('FILE_UNREADABLE', `the file cannot be read (${codeOf(error) ?? 'unknown'})`, { cause: error });
}
