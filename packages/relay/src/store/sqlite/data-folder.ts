/**
 * The folder with everything of a durable relay: `relay.sqlite` with SQLite's own files beside it, `pieces/`, and
 * `incoming/` for what is being uploaded. Only its owner can look into it.
 *
 * @module
 */

import { chmod, mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { StoreError } from '../relay-store.ts';

/** For folders and files: nobody but the owner. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

const DATABASE = 'relay.sqlite';
/** What a file system puts into its root by itself. */
const IGNORED = new Set(['lost+found']);

export interface DataFolder {
  readonly root: string;
  readonly database: string;
  readonly pieces: string;
  readonly incoming: string;
}

/**
 * Makes the folder with an empty database, or takes one that is a relay's.
 *
 * @throws {@link StoreError} `FOREIGN` for a folder with other things in it: it is left as it is
 */
export async function findFolder(folder: string): Promise<DataFolder> {
  const places = {
    root: folder,
    database: path.join(folder, DATABASE),
    pieces: path.join(folder, 'pieces'),
    incoming: path.join(folder, 'incoming'),
  };
  await onDisk(mkdir(folder, { recursive: true, mode: FOLDER_MODE }));
  const found = (await onDisk(readdir(folder))).filter((name) => !IGNORED.has(name));
  if (!found.includes(DATABASE)) {
    if (found.length > 0) {
      throw new StoreError('FOREIGN', 'the data folder is not empty, and not a relay’s');
    }
    // Made here with its mode, which SQLite gives to the files beside it too. One that is there is not opened: closing
    // it would give up the lock of a store that this process has open (POSIX).
    await onDisk(touch(places.database));
  }
  return places;
}

/** Another relay that starts at the same moment may have made it meanwhile: the lock decides which of them has it. */
async function touch(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', FILE_MODE)).close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      throw error;
    }
  }
}

/** Makes what else belongs into a folder that is known to be a relay's, and closes it to others. */
export async function completeFolder({ root, database, pieces, incoming }: DataFolder): Promise<void> {
  await onDisk(chmod(root, FOLDER_MODE));
  await onDisk(chmod(database, FILE_MODE));
  await onDisk(mkdir(pieces, { recursive: true, mode: FOLDER_MODE }));
  await onDisk(mkdir(incoming, { recursive: true, mode: FOLDER_MODE }));
  await syncFolder(root);
}

/** Makes names in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot, and does not need to.
  if (process.platform !== 'win32') {
    const handle = await onDisk(open(folder, 'r'));
    await onDisk(handle.sync().finally(() => handle.close()));
  }
}

/** Says of what the disk refuses that the store cannot do it now. */
export async function onDisk<Value>(done: Promise<Value>): Promise<Value> {
  try {
    return await done;
  } catch (error) {
    throw new StoreError('UNAVAILABLE', `the disk failed: ${codeOf(error) ?? 'unknown'}`);
  }
}

/** The code of a system call's error. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
