/** Reads of one open file that overlap. */

import {
  type Aes256GcmProvider,
  encryptFile,
  newFileKey,
  newFileSalt,
  nodeAes256Gcm,
  paddedCiphertextSize,
  systemRandom,
} from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { memoryBlobs } from '../../src/index.ts';
import type { StoredBlob } from '../../src/media/blob-store.ts';
import type { Download } from '../../src/media/download.ts';
import { openStoredFile } from '../../src/media/opened-file.ts';
import { isSame, sample } from './pair.ts';

const SIZE = 400_000;
const AES = nodeAes256Gcm() as Aes256GcmProvider;
const BYTES = sample(SIZE);

test('what did not authenticate is fetched again, though something else is read meanwhile', async () => {
  const key = newFileKey(systemRandom);
  const blob = await memoryBlobs().create('a'.repeat(32), paddedCiphertextSize(SIZE));
  let filled = 0;
  const source = new Blob([BYTES as BlobPart]).stream();
  for await (const block of encryptFile(key, newFileSalt(systemRandom), SIZE, source, { provider: AES })) {
    await blob.write(filled, block);
    filled += block.length;
  }
  // One byte in the middle is another until it is fetched again.
  const place = 200_000;
  let isDamaged = true;
  const damaged: StoredBlob = {
    ...blob,
    async read(offset, length) {
      const bytes = await blob.read(offset, length);
      if (isDamaged && offset <= place && place < offset + length) {
        bytes[place - offset] = (bytes[place - offset] as number) ^ 1;
      }
      return bytes;
    },
  };
  const distrust = (offset: number, length: number) => {
    isDamaged &&= !(offset <= place && place < offset + length);
  };
  const download = { need: async () => {}, distrust } as unknown as Download;
  const file = await openStoredFile({
    file: { key: key.expose(), size: SIZE, name: 'a', mediaType: 'a/b', relay: 'wss://a', expiresAt: 0 },
    ...{ blob: damaged, aes: AES, download, closed: async () => {} },
  });
  const reads = await Promise.all([file.read(190_000, 20_000), file.read(0, 10), file.read(390_000, 10)]);
  expect(isSame(reads[0], BYTES.subarray(190_000, 210_000))).toBe(true);
  expect(isSame(reads[1], BYTES.subarray(0, 10))).toBe(true);
});
