import { expect, test } from 'vitest';
import { utf8 } from '../../src/bytes.ts';
import { xchachaOpen, xchachaSeal, xchachaTryOpen } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('xchacha');
const [key, nonce] = [random(32), random(24)] as const;
const associatedData = utf8('associated');

test('opens under the same key, nonce and associated data alone', () => {
  const sealed = xchachaSeal(key, nonce, utf8('text'), associatedData);
  expect(sealed).toHaveLength(4 + 16);
  expect(xchachaOpen(key, nonce, sealed, associatedData)).toEqual(utf8('text'));
  expectCode('AUTHENTICATION_FAILED', () => xchachaOpen(random(32), nonce, sealed, associatedData));
  expectCode('AUTHENTICATION_FAILED', () => xchachaOpen(key, random(24), sealed, associatedData));
  expectCode('AUTHENTICATION_FAILED', () => xchachaOpen(key, nonce, sealed, utf8('other')));
});

test('trial decryption answers undefined instead, also for what is too short for a tag', () => {
  expect(xchachaTryOpen(key, nonce, random(40), associatedData)).toBeUndefined();
  expect(xchachaTryOpen(key, nonce, random(15), associatedData)).toBeUndefined();
  expect(xchachaTryOpen(key, nonce, new Uint8Array(0), associatedData)).toBeUndefined();
});

test('wrong sizes are a mistake of the caller, not a failed authentication', () => {
  expectCode('INVALID_ARGUMENT', () => xchachaSeal(random(31), nonce, key, associatedData));
  expectCode('INVALID_ARGUMENT', () => xchachaSeal(key, random(12), key, associatedData));
  expectCode('INVALID_ARGUMENT', () => xchachaTryOpen(random(33), nonce, key, associatedData));
  expectCode('INVALID_ARGUMENT', () => xchachaTryOpen(key, random(23), key, associatedData));
});
