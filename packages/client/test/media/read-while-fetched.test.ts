/** A file that is opened, read and closed while it is being fetched by itself. */

import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { temporaryFolder } from '../store/folders.ts';
import { seeded } from '../support/seeded.ts';
import { isSame, pair, sample } from './pair.ts';

const MIB = 1_048_576;
const ROUNDS = 20;

test('opening, reading and closing at any moment gives the bytes, and the file is fetched', async () => {
  const chance = seeded(5);
  const files = await openBlobFolder(await temporaryFolder());
  const { sender, receiver } = await pair({ receiver: { autoFetchBytes: 2 ** 40, files } });
  for (let round = 1; round <= ROUNDS; round += 1) {
    const bytes = sample(Math.floor(chance() * 4 * MIB) + 1, round);
    const arrival = new Promise<number>((resolve) => {
      const stop = receiver.device.subscribe((event) => {
        if (event.type === 'message' && event.message.from === 'them') {
          stop();
          resolve(event.message.n);
        }
      });
    });
    await sender.chat.sendFile(bytes, { name: 'a' });
    const n = await arrival;
    await pause(chance() * 20);
    const first = await receiver.chat.openFile(n);
    const offset = Math.floor(chance() * bytes.length);
    const length = Math.min(100_000, bytes.length - offset);
    expect(isSame(await first.read(offset, length), bytes.subarray(offset, offset + length))).toBe(true);
    await first.close();
    expect(isSame(await receiver.content(n), bytes)).toBe(true);
    await receiver.untilFile('fetched', round);
  }
});
