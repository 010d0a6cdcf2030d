import { expect, test } from 'vitest';
import { constantTimeEqual } from '../../src/index.ts';
import { seededRandom } from '../support/random.ts';

test('equal bytes are equal, whatever their buffers', () => {
  const bytes = seededRandom('constant-time')(48);
  expect(constantTimeEqual(bytes, bytes.slice())).toBe(true);
  expect(constantTimeEqual(bytes.subarray(16), bytes.slice(16))).toBe(true);
  expect(constantTimeEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
});

test('a single bit anywhere makes a difference', () => {
  const bytes = seededRandom('constant-time')(32);
  for (let bit = 0; bit < 256; bit++) {
    const other = bytes.slice();
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(constantTimeEqual(bytes, other)).toBe(false);
  }
});

test('other lengths are not equal', () => {
  expect(constantTimeEqual(new Uint8Array(3), new Uint8Array(4))).toBe(false);
});
