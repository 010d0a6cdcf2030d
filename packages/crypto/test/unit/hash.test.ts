import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { utf8 } from '../../src/bytes.ts';
import {
  hkdfExpandSha512,
  hkdfSha256,
  hkdfSha512,
  hmacSha256,
  hmacSha256Each,
  sha256,
  sha512,
} from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { toHex } from '../support/third-party.ts';

const [input, salt, info] = [utf8('input'), utf8('salt'), utf8('info')] as const;

test.each([0, 1, 55, 56, 111, 112, 128, 1000])("digests of %i bytes are Node's", (length) => {
  const data = new Uint8Array(length).fill(7);
  expect(toHex(sha256(data))).toBe(createHash('sha256').update(data).digest('hex'));
  expect(toHex(sha512(data))).toBe(createHash('sha512').update(data).digest('hex'));
});

test('several tags under one key are those of single calls', () => {
  expect(hmacSha256Each(input, salt, info)).toEqual([hmacSha256(input, salt), hmacSha256(input, info)]);
  expect(hmacSha256Each(input)).toEqual([]);
});

test('no salt means a salt of zeros (RFC 5869 §2.2)', () => {
  const none = new Uint8Array(0);
  expect(hkdfSha512(input, none, info, 64)).toEqual(hkdfSha512(input, new Uint8Array(64), info, 64));
});

test.each([
  ['hkdfSha512', 64, (length: number) => hkdfSha512(input, salt, info, length)],
  ['hkdfSha256', 32, (length: number) => hkdfSha256(input, salt, info, length)],
  ['hkdfExpandSha512', 64, (length: number) => hkdfExpandSha512(sha512(input), info, length)],
])('%s gives 1 to 255 blocks of %i bytes', (_, block, derive) => {
  expect(derive(1)).toHaveLength(1);
  expect(derive(255 * block)).toHaveLength(255 * block);
  for (const length of [0, -1, 1.5, Number.NaN, 255 * block + 1]) {
    expectCode('INVALID_ARGUMENT', () => derive(length));
  }
});
