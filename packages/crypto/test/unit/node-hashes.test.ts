import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { hkdfSha512, sha256 } from '../../src/index.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('node hashes');

/** The wrong side of each threshold is JavaScript's, the other one Node's; both must give the same bytes. */
test.each([0, 1, 511, 512, 513, 4096, 100_000])('SHA-256 of %i bytes', (size) => {
  const data = random(size);
  expect(sha256(data)).toEqual(nobleSha256(data));
});

test.each([0, 32, 1024, 1025])('HKDF-SHA-512 with %i bytes of info', (size) => {
  for (const length of [1, 32, 96, 64 * 255]) {
    const [input, salt, info] = [random(80), random(size === 0 ? 0 : 32), random(size)];
    expect(hkdfSha512(input, salt, info, length)).toEqual(hkdf(sha512, input, salt, info, length));
  }
});
