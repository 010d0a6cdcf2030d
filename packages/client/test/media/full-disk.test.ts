/** Disks that fill up while a file is fetched or saved: said so, nothing half-written counts, and it goes on when there is room. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { saveFile } from '../../src/node/save-file.ts';
import { fillDisk, MAY_MOUNT, smallDisk } from '../support/small-disk.ts';
import { isSame, pair, sample } from './pair.ts';

const MIB = 1_048_576;
const BYTES = sample(6 * MIB);

function mounted(size: number, context: TestContext): string {
  return smallDisk(size) ?? context.skip('this process may not mount a tmpfs');
}

describe.skipIf(!MAY_MOUNT)('a full disk (needs root to mount a small one)', () => {
  test('while saving: no file, no draft; later it is saved', async (context) => {
    const disk = mounted(8 * MIB, context);
    const { sender, receiver } = await pair({ receiver: { autoFetchBytes: 2 ** 40 } });
    await sender.chat.sendFile(BYTES, { name: 'a' });
    const { n } = await receiver.untilFile('fetched');
    const makeRoom = fillDisk(disk, 4 * MIB);
    for (const target of [disk, join(disk, 'a')]) {
      await expect(saveFile(receiver.chat, n, target)).rejects.toMatchObject({
        code: 'FILE_NOT_SAVED',
        message: expect.stringContaining('ENOSPC'),
      });
      expect(readdirSync(disk)).toEqual(['filler']);
    }
    makeRoom();
    const place = await saveFile(receiver.chat, n, disk);
    expect(place).toBe(join(disk, 'a'));
    expect(readdirSync(disk)).toEqual(['a']);
    expect(isSame(readFileSync(place), BYTES)).toBe(true);
  });

  test('while fetching: paused, and the whole is fetched when there is room', async (context) => {
    const disk = mounted(12 * MIB, context);
    const { sender, receiver } = await pair({
      receiver: { autoFetchBytes: -1, files: await openBlobFolder(join(disk, 'files')) },
    });
    await sender.chat.sendFile(BYTES, { name: 'a' });
    const { n } = await receiver.untilFile('remote');
    const makeRoom = fillDisk(disk, 3 * MIB);
    await expect(receiver.chat.fetchFile(n)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await receiver.untilFile('paused');
    await expect(saveFile(receiver.chat, n, disk)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(readdirSync(disk).sort()).toEqual(['files', 'filler']);
    makeRoom();
    await receiver.chat.fetchFile(n);
    expect(isSame(await receiver.content(), BYTES)).toBe(true);
    expect((await receiver.file()).fileState).toBe('fetched');
  });
});
