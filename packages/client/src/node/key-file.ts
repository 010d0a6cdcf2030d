/**
 * The key file: what opens a store without a passphrase.
 *
 * Spec: docs/protocol/vault.md §3.
 *
 * @module
 */

import { constants, type Stats } from 'node:fs';
import { lstat, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { KEY_FILE_SIZE, type RandomSource } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import { systemEffects } from '../platform.ts';
import { makeFile, makeFolder, onDisk } from './new-file.ts';

/** Read, write or run, by the file's group or by others. */
const OTHERS = 0o077;
/** Does not follow a link that appeared since it was looked at, nor wait for the other end of a pipe; not on Windows. */
const SAFE_READ: number = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The 32 bytes of a key file, which is made, with the folder that it is in, if there is none. The caller owns them.
 *
 * Who can read the file can open the store.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` for what is no key file: another size, a link, a folder, or a file that
 * others than its owner may use (POSIX); `STORE_FAILED` when the disk refuses
 */
export async function readOrCreateKeyFile(
  file: string,
  random: RandomSource = systemEffects.random,
): Promise<Uint8Array> {
  await makeFolder(path.dirname(file));
  await makeFile(file, (draft) => fill(draft, random));
  return readKeyFile(file);
}

async function fill(draft: string, random: RandomSource): Promise<void> {
  const key = random(KEY_FILE_SIZE);
  await onDisk(writeFile(draft, key)).finally(() => key.fill(0));
}

async function readKeyFile(file: string): Promise<Uint8Array> {
  requireKeyFile(await onDisk(lstat(file)));
  const handle = await onDisk(open(file, SAFE_READ));
  try {
    requireKeyFile(await onDisk(handle.stat()));
    const key = new Uint8Array(KEY_FILE_SIZE);
    const { bytesRead } = await onDisk(handle.read(key, 0, KEY_FILE_SIZE, 0));
    requireSize(bytesRead);
    return key;
  } finally {
    await handle.close();
  }
}

function requireKeyFile(stats: Stats): void {
  if (!stats.isFile()) {
    throw new ClientError('INVALID_ARGUMENT', 'the key file is a link, a folder or a device, not a file');
  }
  requireSize(stats.size);
  if (process.platform !== 'win32' && (stats.mode & OTHERS) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    throw new ClientError('INVALID_ARGUMENT', `the key file is open to others (its mode is ${mode}): chmod 600 it`);
  }
}

function requireSize(size: number): void {
  if (size !== KEY_FILE_SIZE) {
    throw new ClientError('INVALID_ARGUMENT', `the key file is ${size} bytes, not ${KEY_FILE_SIZE}`);
  }
}
