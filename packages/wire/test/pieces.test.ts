import { describe, expect, test } from 'vitest';
import { fromHex, parsePiecePath, piecePath, toHex } from '../src/index.ts';
import { bytes } from './frames.ts';

describe('paths of pieces', () => {
  test('there and back', () => {
    const id = Uint8Array.from({ length: 32 }, (_, i) => i * 8);
    expect(piecePath(id)).toMatch(/^\/piece\/[0-9a-f]{64}$/);
    expect(parsePiecePath(piecePath(id))).toEqual(id);
    expect(fromHex(toHex(id))).toEqual(id);
  });

  test.each([
    '/',
    '/piece/',
    `/piece/${'0'.repeat(63)}`,
    `/piece/${'0'.repeat(65)}`,
    `/piece/${'A'.repeat(64)}`,
    `/piece/${'0'.repeat(64)}/`,
    `/piece/${'0'.repeat(64)}?x`,
    `/piece/${'0'.repeat(64)}\n`,
    `//piece/${'0'.repeat(64)}`,
    `/piece/../${'0'.repeat(61)}`,
    `/piece/..%2f${'0'.repeat(59)}`,
    `/piece/${'%30'.repeat(21)}0`,
  ])('%j is none', (path) => {
    expect(parsePiecePath(path)).toBeUndefined();
  });

  test.each(['', '0', toHex(bytes(31)), `${toHex(bytes(32))}0`, 'g'.repeat(64), ` ${'0'.repeat(63)}`])(
    '%j is no key',
    (text) => {
      expect(fromHex(text)).toBeUndefined();
    },
  );
});
