/**
 * Saving a file of a chat: whole or not at all, for its owner alone, and never over something else.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Chat } from '../chat.ts';
import { ClientError } from '../errors.ts';
import { BlockMemory } from '../media/block-memory.ts';
import type { FetchFileOptions } from '../media/file.ts';
import { numberedName, savedName } from '../media/file-name.ts';
import { codeOf, exists, FILE_MODE, syncFolder } from './new-file.ts';

/** Tried before it is said that the name is taken. */
const MAX_NUMBER = 999;
const DRAFT_BYTES = 8;
/** What file systems without hard links answer. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Saves the file of message `n`, which is fetched first if it is not here. Returns where it is.
 *
 * @param target a folder, where it gets the name that its sender gave it, made harmless, and a number if that is taken; or
 * the path of a file that is not there yet
 * @throws `ClientError` `FILE_EXISTS`, `FILE_NOT_SAVED`; `FILE_MISSING`, `FILE_DAMAGED`, `RELAY_FORBIDDEN`, `ABORTED`
 */
export async function saveFile(chat: Chat, n: number, target: string, options: FetchFileOptions = {}): Promise<string> {
  const isFolder = await isFolderAt(target);
  const message = await chat.message(n);
  if (message?.kind !== 'file') {
    throw new ClientError('NOT_FOUND', `message ${n} is no file`);
  }
  if (!isFolder && (await saving(exists(target)))) {
    throw taken();
  }
  if (message.from === 'them' && message.fileState !== 'fetched') {
    await chat.fetchFile(n, options);
  }
  const folder = isFolder ? target : path.dirname(target);
  const draft = path.join(folder, `.${randomBytes(DRAFT_BYTES).toString('hex')}.part`);
  try {
    await writeDraft(chat, n, draft, options.signal);
    const place = isFolder ? await publishIn(draft, folder, savedName(message.file.name)) : target;
    if (!isFolder && !(await publish(draft, target))) {
      throw taken();
    }
    await saving(syncFolder(folder));
    return place;
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
}

async function writeDraft(chat: Chat, n: number, draft: string, signal: AbortSignal | undefined): Promise<void> {
  const file = await chat.openFile(n);
  try {
    const handle = await saving(open(draft, 'wx', FILE_MODE));
    try {
      const memory = new BlockMemory();
      let writing: Promise<void> = Promise.resolve();
      try {
        for await (const block of file.stream((size) => memory.take(size))) {
          if (signal?.aborted) {
            throw new ClientError('ABORTED', 'saving was aborted', { cause: signal.reason });
          }
          await writing;
          // Written while the next one is decrypted; a failure is looked at in the next round.
          writing = saving(writeAll(handle, block)).then(() => memory.give(block));
          writing.catch(() => {});
        }
      } finally {
        await writing.finally(() => memory.wipe());
      }
      await saving(handle.sync());
    } finally {
      await handle.close();
    }
  } finally {
    await file.close();
  }
}

async function writeAll(handle: FileHandle, block: Uint8Array): Promise<void> {
  for (let written = 0; written < block.length; ) {
    written += (await handle.write(block, written)).bytesWritten;
  }
}

async function publishIn(draft: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number <= MAX_NUMBER; number += 1) {
    const place = path.join(folder, number === 1 ? name : numberedName(name, number));
    if (await publish(draft, place)) {
      return place;
    }
  }
  throw taken();
}

/** Gives the draft its name, unless it is taken: a hard link never replaces anything. */
async function publish(draft: string, place: string): Promise<boolean> {
  try {
    await link(draft, place);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    if (!NO_LINKS.includes(codeOf(error))) {
      throw notSaved(error);
    }
    return copyTo(draft, place);
  }
}

/** Where there are no hard links. A copy that fails half-way is removed. */
async function copyTo(draft: string, place: string): Promise<boolean> {
  let target: FileHandle;
  try {
    target = await open(place, 'wx', FILE_MODE);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return false;
    }
    throw notSaved(error);
  }
  try {
    const source = await open(draft, 'r');
    try {
      for await (const block of source.createReadStream({ autoClose: false, highWaterMark: 1_048_576 })) {
        await writeAll(target, block as Uint8Array);
      }
      await target.sync();
    } finally {
      await source.close();
    }
    return true;
  } catch (error) {
    await rm(place, { force: true });
    throw notSaved(error);
  } finally {
    await target.close();
  }
}

/** A path that ends in a separator can only mean a folder. */
async function isFolderAt(target: string): Promise<boolean> {
  try {
    return (await stat(target)).isDirectory();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !/[\\/]$/.test(target)) {
      await saving(lstat(path.dirname(target)));
      return false;
    }
    throw notSaved(error);
  }
}

/** Says of what the disk refuses that the file cannot be saved there. */
async function saving<T>(done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw notSaved(error);
  }
}

function notSaved(error: unknown): ClientError {
  const cause = error instanceof ClientError ? error.cause : error;
  return new ClientError('FILE_NOT_SAVED', `the file cannot be saved there (${codeOf(cause) ?? 'unknown'})`, {
    cause: error,
  });
}

function taken(): ClientError {
  return new ClientError('FILE_EXISTS', 'there is something of that name already');
}
