import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ciphertextSize, plaintextSize } from '../../src/file/cobblestone.ts';
import {
  MAX_FILE_SIZE,
  paddedCiphertextSize,
  paddedSize,
  padme,
  padSource,
  padStream,
  unitCount,
  unpadStream,
} from '../../src/file/padding.ts';
import { expectCode, expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { blocks, collect, drain, memorySource } from './sources.ts';

const random = seededRandom('padding');
const doc = readFileSync(new URL('../../../../docs/protocol/files.md', import.meta.url), 'utf8');

/** The rows of the table of §4.4 as numbers. */
const rows = (doc.split('### 4.4')[1]?.split('## 5.')[0] ?? '')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split('|').slice(1, -1).map(Number));

describe('sizes', () => {
  test('are those of the normative table', () => {
    expect(rows.length).toBe(10);
    for (const [size = -1, u = -1, padmeOfU, n = -1, padded, ciphertext, large, small] of rows) {
      expect(Math.ceil(ciphertextSize(size) / 65_536)).toBe(u);
      expect(padme(u)).toBe(padmeOfU);
      expect(unitCount(size)).toBe(n);
      expect(paddedSize(size)).toBe(padded);
      expect(paddedCiphertextSize(size)).toBe(ciphertext);
      expect([Math.floor(n / 16), n % 16]).toEqual([large, small]);
    }
  });

  test('every number of units but those of §4.2 is the ciphertext of one plaintext', () => {
    for (let n = 1; n <= 20_000; n++) {
      if (n % 1025 === 1024) {
        expect((n * 65_536 - 56) % 16_400).toBe(8);
        expectCode('TRUNCATED', () => plaintextSize(n * 65_536));
      } else {
        expect(ciphertextSize(plaintextSize(n * 65_536))).toBe(n * 65_536);
      }
    }
  });

  test('n = 1024 is impossible: the sizes on both sides of 64 MiB', () => {
    const below = 4092 * 16_384 - 1;
    expect(ciphertextSize(below)).toBe(1024 * 65_536 - 9);
    expect(ciphertextSize(below + 1)).toBe(1024 * 65_536 + 8);
  });

  test('of any file: a whole number of units, monotonic, less than 12 % and 2 units more', () => {
    const size = fc.oneof(
      fc.nat(10_000_000),
      fc.maxSafeNat().map((n) => n % (MAX_FILE_SIZE + 1)),
    );
    fc.assert(
      fc.property(size, (it) => {
        expect(ciphertextSize(paddedSize(it))).toBe(unitCount(it) * 65_536);
        expect(paddedSize(it)).toBeGreaterThanOrEqual(it);
        expect(paddedSize(Math.min(it + 1, MAX_FILE_SIZE))).toBeGreaterThanOrEqual(paddedSize(it));
        expect(paddedCiphertextSize(it)).toBeLessThan(ciphertextSize(it) * 1.12 + 2 * 65_536);
      }),
      { numRuns: 2_000 },
    );
  });

  test('Padmé of small numbers', () => {
    expect([1, 2, 3, 4, 7, 8, 9, 10, 15, 16, 17, 18, 33, 65, 129].map(padme)).toEqual([
      1, 2, 3, 4, 7, 8, 10, 10, 16, 16, 18, 18, 36, 72, 144,
    ]);
  });

  test('out of range are refused', () => {
    for (const size of [-1, 0.5, Number.NaN, MAX_FILE_SIZE + 1]) {
      expectCode('INVALID_ARGUMENT', () => unitCount(size));
      expectCode('INVALID_ARGUMENT', () => paddedSize(size));
    }
    expect(MAX_FILE_SIZE).toBe(2 ** 36);
  });
});

describe('streams', () => {
  test('are filled with zeros, and cut again', async () => {
    const size = fc.oneof(fc.constantFrom(0, 1, 65_416, 65_417, 130_888), fc.nat(200_000));
    await fc.assert(
      fc.asyncProperty(size, fc.integer({ min: 1, max: 300_000 }), async (it, split) => {
        const data = random(it);
        const padded = await collect(padStream(blocks(data, split), it));
        expect(padded.length).toBe(paddedSize(it));
        expect(Buffer.compare(padded.subarray(0, it), data)).toBe(0);
        expect(padded.subarray(it).every((byte) => byte === 0)).toBe(true);
        expect(Buffer.compare(await collect(unpadStream(blocks(padded, split), it)), data)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('of another size than announced are refused', async () => {
    await expectRejection('SIZE_MISMATCH', collect(padStream(blocks(random(99), 10), 100)));
    await expectRejection('SIZE_MISMATCH', collect(padStream(blocks(random(101), 10), 100)));
    const { bytes, error } = await drain(padStream(blocks(random(101), 101), 100));
    expect(bytes.length).toBe(0);
    expect(error).toMatchObject({ code: 'SIZE_MISMATCH', message: 'the file has more than 100 bytes' });
  });

  test('with a tail that is not zeros, or of another length, are refused', async () => {
    const size = 1_000;
    const padded = new Uint8Array(paddedSize(size));
    for (const at of [size, size + 1, padded.length - 1]) {
      const changed = padded.slice();
      changed[at] = 1;
      for (const split of [1, 999, 1_000, 1_001, 100_000]) {
        await expectRejection('MALFORMED', collect(unpadStream(blocks(changed, split), size)));
      }
    }
    await expectRejection('MALFORMED', collect(unpadStream(blocks(padded.subarray(1), 100), size)));
    await expectRejection('MALFORMED', collect(unpadStream(blocks(new Uint8Array(padded.length + 1), 100), size)));
  });
});

test('a source that is read at any offset is followed by zeros', async () => {
  const data = random(70_000);
  const source = memorySource(data);
  const padded = padSource(source);
  expect(padded.size).toBe(paddedSize(data.length));
  const whole = new Uint8Array(padded.size);
  whole.set(data);
  await fc.assert(
    fc.asyncProperty(fc.nat(padded.size), fc.nat(padded.size), async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      expect(Buffer.compare(await padded.read(from, to - from), whole.subarray(from, to))).toBe(0);
    }),
  );
  expect(source.reads.every((read) => read.length > 0 && read.offset + read.length <= data.length)).toBe(true);
});
