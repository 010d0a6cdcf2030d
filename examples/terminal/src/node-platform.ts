/**
 * What the program uses of Node and of the client on Node.
 *
 * @module
 */

import { lstat, rm } from 'node:fs/promises';
import path from 'node:path';
import { openDevice } from '@secret-chat/client';
import { nodeTransport, openSqliteStore, readOrCreateKeyFile, vaultUnlockKind } from '@secret-chat/client/node';
import type { DevicePlatform } from './open-device.ts';
import type { KeyFile } from './profile-key.ts';

const KEY_FILE = 'key';

export const nodePlatform: DevicePlatform = {
  openStore: (folder) => openSqliteStore(folder),
  unlockKind: (store) => vaultUnlockKind(store),
  openDevice: (options) => openDevice({ ...options, transport: nodeTransport() }),
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
