/**
 * Files that users name, on Node.
 *
 * @module
 */

import { type FileHandle, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ClientError } from '@secret-chat/client';
import { fileSource, saveFile } from '@secret-chat/client/node';
import type { LocalFiles } from './local-files.ts';

const OWNER_ONLY = 0o600;

export const nodeFiles: LocalFiles = {
  open: (typed) => fileSource(pathOf(typed)),
  save: async (chat, n, typed) => path.resolve(await saveFile(chat, n, pathOf(typed))),
  write: (typed, text) => writeNew(path.resolve(pathOf(typed)), text),
};

/** No shell has seen it: `~` and quotes are as they were typed, or dropped by a file manager. */
export function pathOf(typed: string): string {
  const [, quoted] = /^'(.*)'$/.exec(typed) ?? /^"(.*)"$/.exec(typed) ?? [];
  return (quoted ?? typed).replace(/^~(?=$|[\\/])/, () => os.homedir());
}

/** Whole or not at all. */
async function writeNew(file: string, text: string): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx', OWNER_ONLY);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST'
      ? new ClientError('FILE_EXISTS', 'there is something of that name already')
      : notSaved(error);
  }
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw notSaved(error);
  } finally {
    await handle.close();
  }
  return file;
}

function notSaved(error: unknown): ClientError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new ClientError('FILE_NOT_SAVED', `the file cannot be saved there (${code})`, { cause: error });
}
