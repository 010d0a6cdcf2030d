import { test } from 'vitest';
import { requireSize } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';

test('takes exactly the size', () => {
  requireSize(new Uint8Array(4), 4, 'thing');
  expectCode('INVALID_ARGUMENT', () => requireSize(new Uint8Array(3), 4, 'thing'));
  expectCode('INVALID_ARGUMENT', () => requireSize(new Uint8Array(5), 4, 'thing'));
});

test.each([
  ['text', 'four'],
  ['a list', [1, 2, 3, 4]],
  ['other elements', new Uint16Array(4)],
  ['nothing', undefined],
])('%s is not bytes', (_, value) => {
  expectCode('INVALID_ARGUMENT', () => requireSize(value as unknown as Uint8Array, 4, 'thing'));
});
