/**
 * How files of a device come into being: whole or not at all, for their owner alone, and durably.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../errors.ts';

/** For folders and files: nobody but the owner. */
const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** What file systems without hard links answer. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** What systems answer on which a folder cannot be synced, or not by who may only make files in it. */
const NO_FOLDER_SYNC: readonly unknown[] = ['EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP'];
/** Random, in the name of a draft. */
const DRAFT_BYTES = 6;
const DRAFT = /\.[0-9a-f]{12}\.new$/;

/** Makes a folder, with those above it that are missing. One that is there stays as it is. */
export async function makeFolder(folder: string): Promise<void> {
  const place = path.resolve(folder);
  const first = await onDisk(mkdir(place, { recursive: true, mode: FOLDER_MODE }));
  if (first !== undefined) {
    // Each new name is in the folder above.
    for (let made = place; made.length >= first.length; made = path.dirname(made)) {
      await syncFolder(path.dirname(made));
    }
  }
}

/**
 * Makes a file, unless there is one: `fill` writes a draft beside it, which then gets its name, if no file of that name
 * has appeared meanwhile. A crash leaves either nothing under the name or the whole file.
 */
export async function makeFile(file: string, fill: (draft: string) => Promise<void>): Promise<void> {
  if (await exists(file)) {
    await removeSecondName(file);
    return;
  }
  const draft = `${file}.${randomBytes(DRAFT_BYTES).toString('hex')}.new`;
  try {
    const handle = await onDisk(open(draft, 'wx', FILE_MODE));
    await onDisk(handle.close());
    await fill(draft);
    await syncFile(draft);
    await publish(draft, file);
    await syncFolder(path.dirname(file));
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes a file, durably; harmless if there is none. */
export async function removeFile(file: string): Promise<void> {
  await onDisk(rm(file, { force: true }));
  await syncFolder(path.dirname(file));
}

/** False for what is not there; a link counts, wherever it points. */
export async function exists(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return false;
    }
    throw diskError(error);
  }
}

/** Makes names in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (!NO_FOLDER_SYNC.includes(codeOf(error))) {
      throw diskError(error);
    }
  }
}

/** Says of what the disk refuses that the store cannot do it now. */
export async function onDisk<Value>(done: Promise<Value>): Promise<Value> {
  try {
    return await done;
  } catch (error) {
    throw diskError(error);
  }
}

/** The code of a system call's error. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A hard link fails where there is a file already, other than a new name. */
async function publish(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return;
    }
    if (!NO_LINKS.includes(codeOf(error))) {
      throw diskError(error);
    }
    // Two that make the file in the same moment are then not told apart.
    if (!(await exists(file))) {
      await onDisk(rename(draft, file));
    }
  }
}

/** Of a crash between getting the name of the file and losing that of the draft. */
async function removeSecondName(file: string): Promise<void> {
  const { ino, nlink } = await onDisk(lstat(file));
  if (nlink > 1) {
    const folder = path.dirname(file);
    const drafts = (await onDisk(readdir(folder))).filter((name) => DRAFT.test(name));
    for (const draft of drafts.map((name) => path.join(folder, name))) {
      // Whoever makes the file at this moment removes its draft, too.
      const found = await lstat(draft).catch(() => undefined);
      if (found?.ino === ino) {
        await onDisk(rm(draft, { force: true }));
      }
    }
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await onDisk(open(file, 'r+'));
  await onDisk(handle.sync().finally(() => handle.close()));
}

function diskError(error: unknown): ClientError {
  return new ClientError('STORE_FAILED', `the disk failed: ${codeOf(error) ?? 'unknown'}`, { cause: error });
}
