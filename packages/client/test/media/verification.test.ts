/** Pieces that are authenticated as they come: in any order, again when they come again, and never left out. */

import {
  type Aes256GcmProvider,
  encryptFile,
  type FileKey,
  newFileKey,
  newFileSalt,
  nodeAes256Gcm,
  PiecePlan,
  systemRandom,
} from '@secret-chat/crypto';
import { expect, test } from 'vitest';
import { memoryBlobs } from '../../src/index.ts';
import type { StoredBlob } from '../../src/media/blob-store.ts';
import { Verification } from '../../src/media/verification.ts';
import { sample } from './pair.ts';

const SIZE = 3_400_000;
const NAME = 'a'.repeat(32);
const AES = nodeAes256Gcm() as Aes256GcmProvider;

async function encrypted() {
  const fileKey = newFileKey(systemRandom);
  const plan = new PiecePlan(fileKey, SIZE);
  const [ciphertext, other] = [await ciphertextOf(fileKey, plan.size), await ciphertextOf(fileKey, plan.size)];
  const blob = await memoryBlobs().create(NAME, plan.size);
  const file = { key: fileKey.expose(), size: SIZE, name: 'a', mediaType: 'a/b', relay: 'wss://a', expiresAt: 0 };
  const signal = new AbortController().signal;
  const over = (blob: StoredBlob, here: Iterable<number> = []) =>
    new Verification({ file, plan, blob, aes: AES, signal }, here);
  const arrive = async (to: Verification, index: number, damageAt?: number, of = ciphertext) => {
    const { offset, length } = plan.piece(index);
    const bytes = of.slice(offset, offset + length);
    if (damageAt !== undefined) {
      bytes[damageAt] = (bytes[damageAt] as number) ^ 1;
    }
    await blob.write(offset, bytes);
    to.arrived(index);
    to.goOn();
  };
  const all = Array.from({ length: plan.count }, (_, i) => i);
  return { plan, blob, over, arrive, all, other };
}

async function ciphertextOf(fileKey: FileKey, size: number): Promise<Uint8Array> {
  const ciphertext = new Uint8Array(size);
  let offset = 0;
  const source = new Blob([sample(SIZE) as BlobPart]).stream();
  for await (const block of encryptFile(fileKey, newFileSalt(systemRandom), SIZE, source, { provider: AES })) {
    ciphertext.set(block, offset);
    offset += block.length;
  }
  return ciphertext;
}

test('in whatever order they come', async () => {
  const { blob, over, arrive, all } = await encrypted();
  expect(all.length).toBeGreaterThan(5);
  for (const order of [all, [...all].reverse(), [2, 0, ...all.filter((i) => i !== 2 && i !== 0)]]) {
    const verification = over(blob);
    for (const index of order) {
      await arrive(verification, index);
    }
    expect(await verification.finish()).toEqual(new Set());
  }
});

test('every byte of every piece counts: those that a damaged chunk lies in are named', async () => {
  const { plan, blob, over, arrive, all } = await encrypted();
  for (const index of all) {
    const { length } = plan.piece(index);
    for (const at of [0, 100, length / 2, length - 1]) {
      for (const order of [all, [...all].reverse()]) {
        const verification = over(blob);
        for (const each of order) {
          await arrive(verification, each, each === index ? at : undefined);
        }
        const damaged = (await verification.finish()) as ReadonlySet<number>;
        expect(damaged.has(index), `${index} at ${at}`).toBe(true);
        // Without a header nothing else is known; a chunk lies in two pieces at most.
        expect(damaged.size).toBeLessThanOrEqual(2);
        for (const each of damaged) {
          verification.forget(each);
          await arrive(verification, each);
        }
        expect(await verification.finish()).toEqual(new Set());
      }
    }
  }
});

test('a piece that comes again is looked at again, with the chunks that it shares', async () => {
  const { plan, blob, over, arrive, all } = await encrypted();
  for (const index of all) {
    for (const at of [0, plan.piece(index).length - 1]) {
      const verification = over(blob);
      for (const each of all) {
        await arrive(verification, each);
      }
      expect(await verification.finish()).toEqual(new Set());
      verification.forget(index);
      await arrive(verification, index, at);
      expect(((await verification.finish()) as ReadonlySet<number>).has(index), `${index} at ${at}`).toBe(true);
    }
  }
});

test('under another header everything is another message', async () => {
  const { blob, over, arrive, all, other } = await encrypted();
  const verification = over(blob);
  for (const each of all) {
    await arrive(verification, each);
  }
  expect(await verification.finish()).toEqual(new Set());
  verification.forget(0);
  await arrive(verification, 0, undefined, other);
  expect(((await verification.finish()) as ReadonlySet<number>).size).toBeGreaterThanOrEqual(all.length - 1);
});

test('what is in the blob at the start is looked at too, and a piece that never came is damaged', async () => {
  const { blob, over, arrive, all } = await encrypted();
  for (const index of all) {
    await arrive(over(blob), index);
  }
  expect(await over(blob, all).finish()).toEqual(new Set());
  expect(await over(blob, all.slice(0, -1)).finish()).toEqual(new Set([all.length - 1]));
  expect(await over(blob, all.slice(1)).finish()).toEqual(new Set([0]));
  expect(await over(blob).finish()).toEqual(new Set([0]));
});

test('a disk that fails is no damage: it is told, and tried again', async () => {
  const { blob, over, arrive, all } = await encrypted();
  let fails = true;
  const failing: StoredBlob = {
    ...blob,
    read: (...args) => (fails ? Promise.reject(new Error('the disk')) : blob.read(...args)),
  };
  const verification = over(failing);
  for (const index of all) {
    await arrive(verification, index);
  }
  await expect(verification.finish()).rejects.toThrow('the disk');
  fails = false;
  expect(await verification.finish()).toEqual(new Set());
});
