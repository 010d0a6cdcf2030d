import { expect } from 'vitest';
import {
  ML_KEM_768_PUBLIC_KEY_SIZE,
  mlKem768Decapsulate,
  mlKem768Encapsulate,
  mlKem768KeyPair,
} from '../../src/primitives/index.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex, toHex } from '../support/third-party.ts';
import { wycheproof } from '../support/wycheproof.ts';

wycheproof<{ seed: string; ek: string; dk: string }>('mlkem_768_keygen_seed_test.json', (vector) => {
  const pair = mlKem768KeyPair(fromHex(vector.seed));
  expect(vector.result).toBe('valid');
  expect(toHex(pair.publicKey)).toBe(vector.ek);
  expect(toHex(pair.privateKey.expose())).toBe(vector.dk);
});

wycheproof<{ ek: string; m: string; c: string; K: string }>('mlkem_768_encaps_test.json', (vector) => {
  const publicKey = fromHex(vector.ek);
  const run = () => mlKem768Encapsulate(publicKey, fromHex(vector.m));
  if (vector.result === 'valid') {
    const { ciphertext, sharedSecret } = run();
    expect([toHex(ciphertext), toHex(sharedSecret)]).toEqual([vector.c, vector.K]);
  } else {
    expectCode(publicKey.length === ML_KEM_768_PUBLIC_KEY_SIZE ? 'INVALID_KEY' : 'INVALID_ARGUMENT', run);
  }
});

wycheproof<{ seed: string; ek?: string; c: string; K: string }>('mlkem_768_test.json', (vector) => {
  const run = () => {
    const pair = mlKem768KeyPair(fromHex(vector.seed));
    expect(toHex(pair.publicKey)).toBe(vector.ek);
    return mlKem768Decapsulate(fromHex(vector.c), pair.privateKey);
  };
  if (vector.result === 'valid') {
    expect(toHex(run())).toBe(vector.K);
  } else {
    expectCode('INVALID_ARGUMENT', run);
  }
});
