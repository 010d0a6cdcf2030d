/**
 * The file that a store is, in its folder. SQLite's log, `store.sqlite-wal`, is beside it while the store is open.
 *
 * @module
 */

import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { ClientError } from '../../errors.ts';
import { exists, FILE_MODE, makeFile, makeFolder, onDisk, removeFile } from '../new-file.ts';
import { fillDatabase, logOf } from './database-file.ts';

const DATABASE = 'store.sqlite';

/**
 * Where the store in `folder` is; an empty one is made, with the folder, if there is none. It never shows half made, so
 * an empty file is no new store but a damaged one.
 *
 * @throws `ClientError` `STORE_DAMAGED` when only its log is left; `STORE_FAILED`
 */
export async function findStoreFile(folder: string): Promise<string> {
  await makeFolder(folder);
  const file = path.join(folder, DATABASE);
  // In this order: another process may make the store now.
  const hasLog = await exists(logOf(file));
  if (hasLog && !(await exists(file))) {
    throw new ClientError('STORE_DAMAGED', `${DATABASE} is gone, and its log is still there`);
  }
  await makeFile(file, async (draft) => fillDatabase(draft));
  return file;
}

/** Removes the file of a store that is not open. */
export async function removeStoreFile(file: string): Promise<void> {
  await removeFile(logOf(file));
  await removeFile(file);
}

/** Closes to others what was copied or restored without its mode. */
export async function closeToOthers(file: string): Promise<void> {
  await onDisk(chmod(file, FILE_MODE));
  if (await exists(logOf(file))) {
    await onDisk(chmod(logOf(file), FILE_MODE));
  }
}
