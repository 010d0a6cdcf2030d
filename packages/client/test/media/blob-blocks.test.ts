/** Blobs in large blocks, with memory that is used again. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type BlobStore, memoryBlobs } from '../../src/index.ts';
import { blobBlocks } from '../../src/media/blob-blocks.ts';
import { openBlobFolder } from '../../src/node/blob-folder.ts';
import { isSame, sample } from './pair.ts';

const BLOCK = 64 * 16_400;
const NAME = 'a'.repeat(32);

function folderBlobs(): Promise<BlobStore> {
  const folder = mkdtempSync(path.join(tmpdir(), 'secret-chat-blobs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return openBlobFolder(folder);
}

for (const [kind, open] of [
  ['memory', async () => memoryBlobs()],
  ['a folder', folderBlobs],
] as const) {
  test.each([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])(
    `a blob of %i bytes in ${kind} is read whole`,
    async (size) => {
      const bytes = sample(size);
      const blob = await (await open()).create(NAME, size);
      await blob.write(0, bytes);
      const blocks: Uint8Array[] = [];
      for await (const block of blobBlocks(blob)) {
        blocks.push(new Uint8Array(block));
      }
      expect(isSame(Buffer.concat(blocks), bytes)).toBe(true);
      await blob.close();
    },
  );

  test(`what is read from ${kind} is in the memory that was given, or in new memory`, async () => {
    const bytes = sample(1000);
    const blob = await (await open()).create(NAME, bytes.length);
    await blob.write(0, bytes);
    const memory = new Uint8Array(600);
    const read = await blob.read(100, 500, memory);
    expect(read.buffer).toBe(memory.buffer);
    expect(isSame(read, bytes.subarray(100, 600))).toBe(true);
    const owned = await blob.read(100, 500);
    await blob.write(100, new Uint8Array(500));
    expect(isSame(owned, bytes.subarray(100, 600))).toBe(true);
    await blob.close();
  });
}

test('a reader that stops early leaves nothing under way: the blob can be closed', async () => {
  const size = 4 * BLOCK;
  const blob = await (await folderBlobs()).create(NAME, size);
  for await (const block of blobBlocks(blob)) {
    expect(block).toHaveLength(BLOCK);
    break;
  }
  await blob.close();
});
