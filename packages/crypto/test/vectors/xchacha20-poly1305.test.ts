import { expect } from 'vitest';
import { concat } from '../../src/bytes.ts';
import { XCHACHA_NONCE_SIZE, xchachaOpen, xchachaSeal, xchachaTryOpen } from '../../src/primitives/index.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex } from '../support/third-party.ts';
import { wycheproof } from '../support/wycheproof.ts';

type Vector = Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>;

wycheproof<Vector>('xchacha20_poly1305_test.json', (vector) => {
  const [key, nonce, aad, plaintext] = [vector.key, vector.iv, vector.aad, vector.msg].map(fromHex) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const ciphertext = concat(fromHex(vector.ct), fromHex(vector.tag));
  if (nonce.length !== XCHACHA_NONCE_SIZE) {
    expect(vector.result).toBe('invalid');
    expectCode('INVALID_ARGUMENT', () => xchachaSeal(key, nonce, plaintext, aad));
    expectCode('INVALID_ARGUMENT', () => xchachaOpen(key, nonce, ciphertext, aad));
  } else if (vector.result === 'valid') {
    expect(xchachaSeal(key, nonce, plaintext, aad)).toEqual(ciphertext);
    expect(xchachaOpen(key, nonce, ciphertext, aad)).toEqual(plaintext);
  } else {
    expectCode('AUTHENTICATION_FAILED', () => xchachaOpen(key, nonce, ciphertext, aad));
    expect(xchachaTryOpen(key, nonce, ciphertext, aad)).toBeUndefined();
  }
});
