import { expect, test } from 'vitest';
import { CryptoError } from '../../src/index.ts';

test('an error has a code to switch on, a name and a message', () => {
  const error = new CryptoError('INVALID_ARGUMENT', 'key must be 32 bytes');
  expect(error).toBeInstanceOf(Error);
  expect({ name: error.name, code: error.code, message: error.message }).toEqual({
    name: 'CryptoError',
    code: 'INVALID_ARGUMENT',
    message: 'key must be 32 bytes',
  });
  expect(String(error)).toBe('CryptoError: key must be 32 bytes');
  expect(error.stack).toContain('errors.test.ts');
});
