import { expect, test } from 'vitest';
import { systemRandom } from '../../src/index.ts';

test.each([0, 1, 32, 65_536, 65_537, 200_000])('%i bytes, beyond what Web Crypto gives at once', (length) => {
  const bytes = systemRandom(length);
  expect(bytes).toHaveLength(length);
  // Every part was filled: 64 zeros in a row have probability 2^-512.
  for (let offset = 0; offset + 64 <= length; offset += 64) {
    expect(bytes.subarray(offset, offset + 64).some((byte) => byte !== 0)).toBe(true);
  }
});

test('each call returns new memory', () => {
  expect(systemRandom(32)).not.toEqual(systemRandom(32));
});
