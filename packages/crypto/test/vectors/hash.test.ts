import { expect } from 'vitest';
import { constantTimeEqual, hkdfSha256, hkdfSha512, hmacSha256, hmacSha256Each } from '../../src/primitives/index.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex, toHex } from '../support/third-party.ts';
import { wycheproof } from '../support/wycheproof.ts';

for (const [file, hkdf] of [
  ['hkdf_sha256_test.json', hkdfSha256],
  ['hkdf_sha512_test.json', hkdfSha512],
] as const) {
  wycheproof<{ ikm: string; salt: string; info: string; size: number; okm: string }>(file, (vector) => {
    const run = () => hkdf(fromHex(vector.ikm), fromHex(vector.salt), fromHex(vector.info), vector.size);
    if (vector.result === 'valid') {
      expect(toHex(run())).toBe(vector.okm);
    } else {
      expectCode('INVALID_ARGUMENT', run);
    }
  });
}

wycheproof<{ key: string; msg: string; tag: string }, { tagSize: number }>('hmac_sha256_test.json', (vector, group) => {
  const key = fromHex(vector.key);
  const message = fromHex(vector.msg);
  const tag = hmacSha256(key, message);
  expect(hmacSha256Each(key, message, message)).toEqual([tag, tag]);
  const equal = constantTimeEqual(tag.subarray(0, group.tagSize / 8), fromHex(vector.tag));
  expect(equal).toBe(vector.result === 'valid');
});
