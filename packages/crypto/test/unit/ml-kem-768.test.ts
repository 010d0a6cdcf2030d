import { expect, test } from 'vitest';
import { mlKem768Decapsulate, mlKem768Encapsulate, mlKem768KeyPair, Secret } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('ml-kem');
const pair = mlKem768KeyPair(random(64));

test('a forged ciphertext gives an unrelated secret, always the same (implicit rejection)', () => {
  const { ciphertext, sharedSecret } = mlKem768Encapsulate(pair.publicKey, random(32));
  expect(mlKem768Decapsulate(ciphertext, pair.privateKey)).toEqual(sharedSecret);
  ciphertext[0] = (ciphertext[0] as number) ^ 1;
  const rejected = mlKem768Decapsulate(ciphertext, pair.privateKey);
  expect(rejected).not.toEqual(sharedSecret);
  expect(mlKem768Decapsulate(ciphertext, pair.privateKey)).toEqual(rejected);
});

test('a key with a coefficient of at least q = 3329 is refused', () => {
  const publicKey = pair.publicKey.slice();
  publicKey[0] = 0x01;
  publicKey[1] = ((publicKey[1] as number) & 0xf0) | 0x0d; // the first coefficient becomes 0xd01 = 3329
  expectCode('INVALID_KEY', () => mlKem768Encapsulate(publicKey, random(32)));
  publicKey[0] = 0x00; // 3328
  mlKem768Encapsulate(publicKey, random(32));
});

test('wrong sizes', () => {
  expectCode('INVALID_ARGUMENT', () => mlKem768KeyPair(random(63)));
  expectCode('INVALID_ARGUMENT', () => mlKem768Encapsulate(random(1183), random(32)));
  expectCode('INVALID_ARGUMENT', () => mlKem768Encapsulate(pair.publicKey, random(31)));
  expectCode('INVALID_ARGUMENT', () => mlKem768Decapsulate(random(1087), pair.privateKey));
  expectCode('INVALID_ARGUMENT', () => mlKem768Decapsulate(random(1088), new Secret(random(2399))));
});
