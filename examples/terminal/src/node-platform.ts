/**
 * What the program uses of Node and of the client on Node.
 *
 * @module
 */

import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { openDevice } from '@secret-chat/client';
import {
  nodePieceTransport,
  nodeTransport,
  openBlobFolder,
  openSqliteStore,
  readOrCreateKeyFile,
  sharpPhotos,
  vaultUnlockKind,
} from '@secret-chat/client/node';
import type { DevicePlatform } from './open-device.ts';
import { findSharp } from './photos/sharp-library.ts';
import type { KeyFile } from './profile-key.ts';

const KEY_FILE = 'key';
/** Ciphertext of files, in the folder of the profile. */
const BLOB_FOLDER = 'files';

export const nodePlatform: DevicePlatform = {
  openStore: (folder) => openSqliteStore(folder),
  unlockKind: (store) => vaultUnlockKind(store),
  openDevice: async (options, folder) =>
    openDevice({
      ...options,
      transport: nodeTransport(),
      files: await openBlobFolder(path.join(folder, BLOB_FOLDER)),
      pieces: nodePieceTransport(),
      photos: sharpPhotos({ load: findSharp }),
    }),
  keyFile: (profileFolder) => keyFile(path.join(profileFolder, KEY_FILE)),
};

function keyFile(file: string): KeyFile {
  return {
    path: file,
    exists: () =>
      lstat(file).then(
        () => true,
        () => false,
      ),
    readOrCreate: () => readOrCreateKeyFile(file),
    remove: () => rm(file, { force: true }),
  };
}
