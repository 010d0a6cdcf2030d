/**
 * Pieces as plain files: `pieces/<hour of expiry>/<hash>`. Durable in their place before they count; what a crash left
 * half done is swept at the next start.
 *
 * A file takes its place before it is durable, so that content and name become durable at the same time: it is its row
 * that makes it a piece, and that comes afterwards.
 *
 * No time of use stays: the modification time of a file and of its folder is the expiry, and reading leaves no time of
 * access where the system allows it. What the file system itself notes (change time) cannot be set.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rmdir, stat, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { hexOf } from '../arguments.ts';
import { StoreError } from '../relay-store.ts';
import { codeOf, type DataFolder, FILE_MODE, FOLDER_MODE, onDisk, syncFolder } from './data-folder.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { PiecePlace } from './operations.ts';
import { SharedSync } from './shared-sync.ts';

const SECONDS_PER_HOUR = 3600;
/** Bytes read at a time, and about so many written: a call for each block of the network costs more than its bytes. */
const BLOCK = 262_144;
/** What a client sends byte by byte is not gathered for ever. */
const MAX_GATHERED = 64;
const HASH_NAME = /^[0-9a-f]{64}$/;
const HOUR_NAME = /^\d+$/;
/** Linux: reading does not change the time of access. */
const NO_ACCESS_TIME = (constants as { O_NOATIME?: number }).O_NOATIME ?? 0;

/** An upload that is complete, still open. */
export interface ReceivedFile {
  readonly path: string;
  readonly handle: FileHandle;
}

export class PieceFiles {
  readonly #folder: DataFolder;
  /** By folder of an hour: none is removed while a file is on its way into it, nor used before it is durable itself. */
  readonly #hours = new KeyedLock();
  readonly #syncs = new SharedSync();

  constructor(folder: DataFolder) {
    this.#folder = folder;
  }

  /**
   * Writes `body` to a file that is neither durable nor in its place; after a failure there is none. Ends with
   * {@link place} or {@link discard}.
   *
   * @throws {@link StoreError} `SIZE_MISMATCH`, `UNAVAILABLE`; and what `body` throws
   */
  async receive(size: number, expiresAt: number, body: AsyncIterable<Uint8Array>): Promise<ReceivedFile> {
    const file = path.join(this.#folder.incoming, randomBytes(16).toString('hex'));
    const received = { path: file, handle: await onDisk(open(file, 'wx', FILE_MODE)) };
    try {
      await write(received.handle, body, size);
      await onDisk(received.handle.utimes(expiresAt, expiresAt));
      return received;
    } catch (error) {
      await this.discard(received);
      throw error;
    }
  }

  /** Moves a received file to its place, durably; replaces what lies there. */
  async place({ path: file, handle }: ReceivedFile, place: PiecePlace): Promise<void> {
    const target = this.#pathOf(place);
    const hour = path.dirname(target);
    await this.#hours.run(hour, () => this.#moveInto(hour, file, target));
    await Promise.all([onDisk(handle.sync()), this.#syncs.run(hour, () => syncHour(hour, place))]);
    await onDisk(handle.close());
  }

  /** Removes a file that was received and is not wanted. */
  async discard({ handle, path: file }: ReceivedFile): Promise<void> {
    await handle.close().catch(() => undefined);
    await unlink(file).catch(() => undefined);
  }

  /** Removes a piece's file, and its folder with the last one; harmless when it is gone. */
  async remove(place: PiecePlace): Promise<void> {
    const file = this.#pathOf(place);
    await onDisk(unlink(file).catch(unless('ENOENT')));
    const hour = path.dirname(file);
    // Mostly it is not empty.
    await this.#hours.run(hour, () => rmdir(hour).catch(() => coverTime(hour, place).catch(() => undefined)));
  }

  /** Whether a file lies there, whatever is in it. */
  async isTaken(place: PiecePlace): Promise<boolean> {
    return (await this.#stat(place)) !== undefined;
  }

  /** False when the file is lost, or not of its size. @throws {@link StoreError} `UNAVAILABLE` when the disk does not say */
  async has(place: PiecePlace): Promise<boolean> {
    const found = await this.#stat(place);
    return found?.size === place.size;
  }

  /** Bytes from `offset`, `length` of them. @throws {@link StoreError} `UNAVAILABLE` when the file is gone */
  async *read(place: PiecePlace, offset: number, length: number): AsyncGenerator<Uint8Array> {
    const handle = await onDisk(openToRead(this.#pathOf(place)));
    const end = offset + length;
    let next = readBlock(handle, offset, end);
    try {
      for (let at = offset; at < end; ) {
        const block = await next;
        at += block.length;
        if (at < end) {
          // Read while this one is on its way.
          next = readBlock(handle, at, end);
          next.catch(() => undefined);
        }
        yield block;
      }
    } finally {
      await next.catch(() => undefined);
      await handle.close().catch(() => undefined);
    }
  }

  /** Removes unfinished uploads. */
  async sweepIncoming(): Promise<void> {
    for (const name of await onDisk(readdir(this.#folder.incoming))) {
      await onDisk(unlink(path.join(this.#folder.incoming, name)));
    }
  }

  /** Hours of which there is a folder. */
  async hours(): Promise<number[]> {
    const names = await onDisk(readdir(this.#folder.pieces));
    return names.filter((name) => HOUR_NAME.test(name)).map(Number);
  }

  /** Removes the files of an hour that no piece knows, and gives the pieces whose file is lost. */
  async sweep(hour: number, pieces: readonly PiecePlace[]): Promise<PiecePlace[]> {
    const folder = path.join(this.#folder.pieces, String(hour));
    const found = new Set(await onDisk(readdir(folder).catch(unless('ENOENT'))));
    const lost: PiecePlace[] = [];
    for (const place of pieces) {
      if (!found.delete(hexOf(place.piece))) {
        lost.push(place);
      }
    }
    for (const name of found) {
      if (HASH_NAME.test(name)) {
        await onDisk(unlink(path.join(folder, name)));
      }
    }
    await rmdir(folder).catch(() => undefined);
    return lost;
  }

  /** Mostly the folder is there. */
  async #moveInto(hour: string, file: string, target: string): Promise<void> {
    const missing = await onDisk(rename(file, target).catch(unless('ENOENT')));
    if (missing !== undefined) {
      await onDisk(mkdir(hour, { recursive: true, mode: FOLDER_MODE }));
      try {
        await syncFolder(this.#folder.pieces);
        await onDisk(rename(file, target));
      } catch (error) {
        // One that is there counts as durable.
        await rmdir(hour).catch(() => undefined);
        throw error;
      }
    }
  }

  async #stat(place: PiecePlace): Promise<Stats | undefined> {
    const found = await onDisk(stat(this.#pathOf(place)).catch(unless('ENOENT')));
    return Array.isArray(found) ? undefined : found;
  }

  #pathOf({ piece, expiresAt }: PiecePlace): string {
    return path.join(this.#folder.pieces, String(hourOf(expiresAt)), hexOf(piece));
  }
}

/** The folder a piece lies in. */
export function hourOf(expiresAt: number): number {
  return Math.floor(expiresAt / SECONDS_PER_HOUR);
}

/** Makes the names in the folder of an hour durable. */
async function syncHour(hour: string, place: PiecePlace): Promise<void> {
  await onDisk(coverTime(hour, place));
  await syncFolder(hour);
}

/** A folder's time would tell when its last file came or went. */
function coverTime(hour: string, { expiresAt }: PiecePlace): Promise<void> {
  const expiry = hourOf(expiresAt) * SECONDS_PER_HOUR;
  return utimes(hour, expiry, expiry);
}

async function write(handle: FileHandle, body: AsyncIterable<Uint8Array>, size: number): Promise<void> {
  let received = 0;
  let blocks: Uint8Array[] = [];
  let gathered = 0;
  for await (const block of body) {
    received += block.length;
    if (received > size) {
      throw new StoreError('SIZE_MISMATCH', `the piece is longer than ${size} bytes`);
    }
    blocks.push(block);
    gathered += block.length;
    if (gathered >= BLOCK || blocks.length >= MAX_GATHERED) {
      await writeAll(handle, blocks, received - gathered);
      blocks = [];
      gathered = 0;
    }
  }
  await writeAll(handle, blocks, received - gathered);
  if (received !== size) {
    throw new StoreError('SIZE_MISMATCH', `the piece ended after ${received} of ${size} bytes`);
  }
}

/** In one call, unless the disk takes only a part. */
async function writeAll(handle: FileHandle, blocks: readonly Uint8Array[], at: number): Promise<void> {
  let left = blocks.filter(({ length }) => length > 0);
  for (let place = at; left.length > 0; ) {
    const { bytesWritten } = await onDisk(handle.writev(left, place));
    place += bytesWritten;
    left = after(left, bytesWritten);
  }
}

/** What is left of `blocks` behind their first `bytes` bytes. */
function after(blocks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes;
  return blocks.flatMap((block) => {
    const rest = block.subarray(Math.min(skipped, block.length));
    skipped -= block.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** At most a block from `at`; what is not read of its memory is given to nobody. */
async function readBlock(handle: FileHandle, at: number, end: number): Promise<Uint8Array> {
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, end - at));
  const { bytesRead } = await onDisk(handle.read(block, 0, block.length, at));
  if (bytesRead === 0) {
    throw new StoreError('UNAVAILABLE', 'the file of a piece is too short');
  }
  return block.subarray(0, bytesRead);
}

async function openToRead(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | NO_ACCESS_TIME);
  } catch (error) {
    // Only a file's owner may leave no trace.
    if (codeOf(error) === 'EPERM') {
      return open(file, constants.O_RDONLY);
    }
    throw error;
  }
}

function unless(expected: string): (error: unknown) => never[] {
  return (error) => {
    if (codeOf(error) !== expected) {
      throw error;
    }
    return [];
  };
}
