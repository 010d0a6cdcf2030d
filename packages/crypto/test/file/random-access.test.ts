import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CiphertextView, CobblestoneReader } from '../../src/file/index.ts';
import { expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { naiveEncrypt } from './naive-cobblestone.ts';
import { countingProvider, memorySource, NODE, PROVIDERS } from './sources.ts';

const random = seededRandom('random access');
const KEY = random(32);
const SALT = random(24);
const CONTEXT = new Uint8Array(0);
const CHUNK = 16_384;
const SEALED_CHUNK = 16_400;

const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 5 * CHUNK + 777];

/** A size and a range within it. */
const ranges = (of: (size: number) => number) =>
  fc.constantFrom(...SIZES).chain((size) => {
    const total = of(size);
    return fc.nat(total).chain((offset) => fc.tuple(fc.constant(size), fc.constant(offset), fc.nat(total - offset)));
  });

describe.each(PROVIDERS)('with the provider $name', (provider) => {
  test('any range of the plaintext can be read, from the chunks that hold it alone', async () => {
    const samples = new Map(
      SIZES.map((size) => {
        const plaintext = random(size);
        return [size, { plaintext, ciphertext: naiveEncrypt(KEY, SALT, CONTEXT, plaintext) }];
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        ranges((size) => size),
        async ([size, offset, length]) => {
          const { plaintext, ciphertext } = samples.get(size) as { plaintext: Uint8Array; ciphertext: Uint8Array };
          const source = memorySource(ciphertext);
          const counting = countingProvider(provider);
          const reader = await CobblestoneReader.open(KEY, CONTEXT, source, counting);
          expect(reader.size).toBe(size);
          // The header and the last chunk.
          const last = Math.floor(size / CHUNK);
          const lastAt = 56 + last * SEALED_CHUNK;
          expect(source.reads.splice(0)).toEqual([
            { offset: 0, length: 56 },
            { offset: lastAt, length: ciphertext.length - lastAt },
          ]);
          expect(counting.opened).toBe(1);

          const range = await reader.read(offset, length);
          expect(Buffer.compare(range, plaintext.subarray(offset, offset + length))).toBe(0);
          const first = Math.floor(offset / CHUNK);
          const count = Math.min(last, Math.ceil((offset + length) / CHUNK)) - first;
          const at = 56 + first * SEALED_CHUNK;
          expect(source.reads).toEqual(count > 0 ? [{ offset: at, length: count * SEALED_CHUNK }] : []);
          expect(counting.opened).toBe(1 + count);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('any range of the ciphertext can be made, from the chunks that make it alone', async () => {
    const samples = new Map(
      SIZES.map((size) => {
        const plaintext = random(size);
        return [size, { plaintext, ciphertext: naiveEncrypt(KEY, SALT, CONTEXT, plaintext) }];
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        ranges((size) => samples.get(size)?.ciphertext.length ?? 0),
        async ([size, offset, length]) => {
          const { plaintext, ciphertext } = samples.get(size) as { plaintext: Uint8Array; ciphertext: Uint8Array };
          const source = memorySource(plaintext);
          const view = await CiphertextView.open(KEY, SALT, CONTEXT, source, provider);
          expect(view.size).toBe(ciphertext.length);
          const range = await view.read(offset, length);
          expect(Buffer.compare(range, ciphertext.subarray(offset, offset + length))).toBe(0);
          const first = Math.max(0, Math.floor((offset - 56) / SEALED_CHUNK));
          const end = Math.ceil((offset + length - 56) / SEALED_CHUNK);
          const count = source.reads.reduce((sum, read) => sum + read.length, 0);
          expect(count).toBeLessThanOrEqual(Math.max(0, end - first) * CHUNK);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('a reader over a view gives the plaintext back', async () => {
  const plaintext = random(100_000);
  const view = await CiphertextView.open(KEY, SALT, CONTEXT, memorySource(plaintext), NODE);
  const reader = await CobblestoneReader.open(KEY, CONTEXT, view, NODE);
  expect(Buffer.compare(await reader.read(0, plaintext.length), plaintext)).toBe(0);
});

test('ranges outside are refused', async () => {
  const view = await CiphertextView.open(KEY, SALT, CONTEXT, memorySource(random(100)), NODE);
  const reader = await CobblestoneReader.open(KEY, CONTEXT, view, NODE);
  for (const [offset, length] of [
    [0, 101],
    [100, 1],
    [101, 0],
    [-1, 1],
    [1, -1],
    [0.5, 1],
    [0, 0.5],
    [Number.NaN, 1],
    [2 ** 53, 1],
  ] as const) {
    await expectRejection('INVALID_ARGUMENT', reader.read(offset, length));
  }
  await expectRejection('INVALID_ARGUMENT', view.read(0, view.size + 1));
});

test('damage is found where it is read, and at open in header, length and last chunk', async () => {
  const plaintext = random(5 * CHUNK + 777);
  const ciphertext = naiveEncrypt(KEY, SALT, CONTEXT, plaintext);
  const open = (bytes: Uint8Array) => CobblestoneReader.open(KEY, CONTEXT, memorySource(bytes), NODE);
  const flipped = (at: number) => {
    const changed = ciphertext.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    return changed;
  };
  for (const at of [0, 23, 24, 55, 56 + 5 * SEALED_CHUNK, ciphertext.length - 1]) {
    await expectRejection('AUTHENTICATION_FAILED', open(flipped(at)));
  }
  for (const length of [0, 55, 56, 71, 56 + SEALED_CHUNK, 56 + 5 * SEALED_CHUNK + 15]) {
    await expectRejection('TRUNCATED', open(ciphertext.subarray(0, length)));
  }
  for (const length of [56 + 16, 56 + SEALED_CHUNK + 100, ciphertext.length - 1]) {
    await expectRejection('AUTHENTICATION_FAILED', open(ciphertext.subarray(0, length)));
  }
  const reader = await open(flipped(56 + 2 * SEALED_CHUNK + 5));
  expect(Buffer.compare(await reader.read(0, 2 * CHUNK), plaintext.subarray(0, 2 * CHUNK))).toBe(0);
  expect(Buffer.compare(await reader.read(3 * CHUNK, 2 * CHUNK + 777), plaintext.subarray(3 * CHUNK))).toBe(0);
  await expectRejection('AUTHENTICATION_FAILED', reader.read(2 * CHUNK - 1, 2));
  await expectRejection('AUTHENTICATION_FAILED', reader.read(3 * CHUNK - 1, 1));
});

test('a source that gives another number of bytes than asked for is refused', async () => {
  const ciphertext = naiveEncrypt(KEY, SALT, CONTEXT, random(100));
  for (const difference of [-1, 1]) {
    const source = {
      size: ciphertext.length,
      read: async (_: number, length: number) => new Uint8Array(length + difference),
    };
    await expectRejection('SIZE_MISMATCH', CobblestoneReader.open(KEY, CONTEXT, source, NODE));
    const view = await CiphertextView.open(KEY, SALT, CONTEXT, source, NODE);
    await expectRejection('SIZE_MISMATCH', view.read(0, 100));
  }
});
