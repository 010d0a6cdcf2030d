/** Chunks of a file, authenticated in any order. */

import { describe, expect, test } from 'vitest';
import { fileInputKey } from '../../src/file/file-key.ts';
import { ChunkCheck, encryptFile, encryptStream, newFileKey, newFileSalt, paddedSize } from '../../src/file/index.ts';
import { LABEL } from '../../src/labels.ts';
import { expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { blocks, collect, NODE, PROVIDERS } from './sources.ts';

const random = seededRandom('chunk check');
const CHUNK = 16_400;
const SIZE = 150_000;
const fileKey = newFileKey(random);
const salt = newFileSalt(random);
const plaintext = random(SIZE);
const ciphertext = await collect(encryptFile(fileKey, salt, SIZE, blocks(plaintext, 65_536), { provider: NODE }));
const HEADER = ciphertext.subarray(0, 56);
const CHUNKS = Math.ceil((ciphertext.length - 56) / CHUNK);

function chunks(from: number, to: number, of: Uint8Array = ciphertext): Uint8Array {
  return of.slice(56 + from * CHUNK, Math.min(of.length, 56 + to * CHUNK));
}

function flipped(bytes: Uint8Array, ...places: readonly number[]): Uint8Array {
  const changed = bytes.slice();
  for (const place of places) {
    changed[place] = (changed[place] as number) ^ 1;
  }
  return changed;
}

describe.each(PROVIDERS)('with the provider $name', (provider) => {
  test('every run of chunks that is the file’s passes, in any order', async () => {
    const check = await ChunkCheck.open(fileKey, SIZE, HEADER, provider);
    for (const [from, to] of [
      [CHUNKS - 1, CHUNKS],
      [3, 5],
      [0, CHUNKS],
      [2, 3],
    ] as const) {
      expect(await check.failing(from, chunks(from, to))).toEqual([]);
    }
  });

  test('those that are changed, moved, cut or made up are named, and no others', async () => {
    const check = await ChunkCheck.open(fileKey, SIZE, HEADER, provider);
    expect(await check.failing(2, flipped(chunks(2, 6), 0, 3 * CHUNK + CHUNK - 1))).toEqual([2, 5]);
    expect(await check.failing(3, chunks(2, 4))).toEqual([3, 4]);
    expect(await check.failing(2, chunks(2, 4).subarray(0, 2 * CHUNK - 1))).toEqual([3]);
    expect(await check.failing(2, chunks(2, 4).subarray(0, CHUNK + 5))).toEqual([3]);
    expect(await check.failing(CHUNKS - 1, chunks(CHUNKS - 1, CHUNKS).subarray(1))).toEqual([CHUNKS - 1]);
    expect(await check.failing(CHUNKS, new Uint8Array(CHUNK))).toEqual([CHUNKS]);
  });

  test('padding that is not all zeros is malformed, wherever it is, and nothing else is', async () => {
    const padded = new Uint8Array(paddedSize(SIZE));
    for (const place of [SIZE, SIZE + 1, SIZE + 2, SIZE + 3, SIZE + 20_000, padded.length - 2, padded.length - 1]) {
      padded.fill(0).set(plaintext);
      padded[place] = 0x80;
      const key = fileInputKey(fileKey);
      const forged = await collect(
        encryptStream(key.expose(), salt, LABEL.fileContext, blocks(padded, 65_536), { provider }),
      );
      const check = await ChunkCheck.open(fileKey, SIZE, HEADER, provider);
      const bad = Math.floor(place / 16_384);
      await expectRejection('MALFORMED', check.failing(0, chunks(0, CHUNKS, forged)));
      await expectRejection('MALFORMED', check.failing(bad, chunks(bad, bad + 1, forged)));
      expect(await check.failing(0, chunks(0, bad, forged))).toEqual([]);
    }
  });
});

test('a header of another file does not open it, and a short one is none', async () => {
  await expectRejection('AUTHENTICATION_FAILED', ChunkCheck.open(fileKey, SIZE, flipped(HEADER, 55), NODE));
  await expectRejection('AUTHENTICATION_FAILED', ChunkCheck.open(fileKey, SIZE, flipped(HEADER, 0), NODE));
  await expectRejection('AUTHENTICATION_FAILED', ChunkCheck.open(newFileKey(random), SIZE, HEADER, NODE));
  await expectRejection('TRUNCATED', ChunkCheck.open(fileKey, SIZE, HEADER.subarray(1), NODE));
});

test('what is decrypted late, after another chunk has failed, is not kept either', async () => {
  const seen: Uint8Array[] = [];
  const late: (() => void)[] = [];
  const check = await ChunkCheck.open(fileKey, SIZE, HEADER, {
    name: 'web',
    async importKey(bytes) {
      const key = await NODE.importKey(bytes);
      return {
        seal: key.seal,
        async open(nonce, sealed, out) {
          seen.push(out);
          // Those of the first run that do not fail come last.
          if (seen.length === 1 || seen.length === 3) {
            await new Promise<void>((resolve) => late.push(resolve));
          }
          await key.open(nonce, sealed, out);
        },
      };
    },
  });
  const failing = check.failing(0, flipped(chunks(0, 3), CHUNK));
  await new Promise((resolve) => setImmediate(resolve));
  for (const go of late) {
    go();
  }
  expect(await failing).toEqual([1]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(late.length).toBe(2);
  expect(seen.every((out) => out.every((byte) => byte === 0))).toBe(true);
});

test('what was decrypted is not kept', async () => {
  const seen: Uint8Array[] = [];
  const check = await ChunkCheck.open(fileKey, SIZE, HEADER, {
    name: NODE.name,
    async importKey(bytes) {
      const key = await NODE.importKey(bytes);
      return {
        seal: key.seal,
        open(nonce, sealed, out) {
          seen.push(out);
          return key.open(nonce, sealed, out);
        },
      };
    },
  });
  await check.failing(0, chunks(0, 3));
  await check.failing(0, flipped(chunks(0, 3), CHUNK));
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.every((out) => out.every((byte) => byte === 0))).toBe(true);
});
