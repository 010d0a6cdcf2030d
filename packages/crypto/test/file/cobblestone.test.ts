import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ChunkCipher,
  COBBLESTONE_MAX_CHUNKS,
  chunkNonce,
  ciphertextSize,
  cobblestoneDecrypt,
  cobblestoneEncrypt,
  deriveCobblestoneKeys,
  openMessage,
  plaintextSize,
} from '../../src/file/cobblestone.ts';
import { expectCode, expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { naiveDecrypt, naiveEncrypt } from './naive-cobblestone.ts';
import { countingProvider, NODE, PROVIDERS, WEB } from './sources.ts';

const random = seededRandom('cobblestone');
const KEY = random(32);
const SALT = random(24);
const CONTEXT = new TextEncoder().encode('context');

/** Both sides of every boundary of chunks and units. */
const SIZES = [0, 1, 15, 16, 16_383, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537, 1_048_575, 1_048_576, 1_048_577];

describe('sizes', () => {
  test('of the specification’s examples', () => {
    expect(ciphertextSize(0)).toBe(56 + 16);
    expect(ciphertextSize(1024)).toBe(56 + 1024 + 16);
    expect(ciphertextSize(16_384)).toBe(56 + 16_384 + 2 * 16);
    expect(ciphertextSize(20_480)).toBe(56 + 20_480 + 2 * 16);
  });

  test('go back and forth', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        const size = n % 2 ** 52;
        expect(plaintextSize(ciphertextSize(size))).toBe(size);
      }),
    );
    expect(plaintextSize(ciphertextSize(2 ** 52 - 1))).toBe(2 ** 52 - 1);
  });

  test('every size of a ciphertext is either impossible or that of one plaintext', () => {
    const possible = new Set(Array.from({ length: 3 * 16_384 }, (_, size) => ciphertextSize(size)));
    for (let size = 0; size < ciphertextSize(3 * 16_384 - 1); size++) {
      if (possible.has(size)) {
        expect(ciphertextSize(plaintextSize(size))).toBe(size);
      } else {
        expectCode('TRUNCATED', () => plaintextSize(size));
      }
    }
  });

  test('out of range are refused', () => {
    for (const size of [-1, 0.5, Number.NaN, 2 ** 52, Number.POSITIVE_INFINITY]) {
      expectCode('INVALID_ARGUMENT', () => ciphertextSize(size));
    }
    for (const size of [-1, 0.5, 2 ** 53, ciphertextSize(2 ** 52 - 1) + 17]) {
      expectCode('INVALID_ARGUMENT', () => plaintextSize(size));
    }
  });
});

describe('nonces', () => {
  test('are the base nonce XOR the chunk number, through all 38 bits', () => {
    const baseNonce = fc.uint8Array({ minLength: 12, maxLength: 12 });
    const chunk = fc.maxSafeNat().map((n) => n % COBBLESTONE_MAX_CHUNKS);
    fc.assert(
      fc.property(baseNonce, chunk, (base, number) => {
        const expected = BigInt(`0x${Buffer.from(base).toString('hex')}`) ^ BigInt(number);
        const copy = base.slice();
        expect(Buffer.from(chunkNonce(base, number)).toString('hex')).toBe(expected.toString(16).padStart(24, '0'));
        expect(base).toEqual(copy);
      }),
    );
    expect(chunkNonce(new Uint8Array(12), 2 ** 38 - 1)).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 63, 255, 255, 255, 255),
    );
    expect(chunkNonce(new Uint8Array(12), 2 ** 31)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0));
  });

  test('end at 2^38 chunks', async () => {
    for (const chunk of [2 ** 38, -1, 0.5, Number.NaN]) {
      expectCode('INVALID_ARGUMENT', () => chunkNonce(new Uint8Array(12), chunk));
    }
    const chunks = new ChunkCipher(await NODE.importKey(KEY), new Uint8Array(12));
    const out = new Uint8Array(16_400);
    chunks.seal(2 ** 38 - 1, new Uint8Array(16_384), out);
    chunks.open(2 ** 38 - 1, out, new Uint8Array(16_384));
    expectCode('INVALID_ARGUMENT', () => chunks.seal(2 ** 38, new Uint8Array(16_384), out));
    expectCode('INVALID_ARGUMENT', () => chunks.open(2 ** 38, out, new Uint8Array(16_384)));
  });
});

describe('keys', () => {
  test('depend on input key, salt and context, and wrong sizes are refused', () => {
    const keys = [
      deriveCobblestoneKeys(KEY, SALT, CONTEXT),
      deriveCobblestoneKeys(random(32), SALT, CONTEXT),
      deriveCobblestoneKeys(KEY, random(24), CONTEXT),
      deriveCobblestoneKeys(KEY, SALT, new Uint8Array(0)),
    ].map((it) => Buffer.from(it.commitment).toString('hex'));
    expect(new Set(keys).size).toBe(4);
    expectCode('INVALID_ARGUMENT', () => deriveCobblestoneKeys(KEY.subarray(1), SALT, CONTEXT));
    expectCode('INVALID_ARGUMENT', () => deriveCobblestoneKeys(random(33), SALT, CONTEXT));
    expectCode('INVALID_ARGUMENT', () => deriveCobblestoneKeys(KEY, SALT.subarray(1), CONTEXT));
  });

  test('a header of another size is truncated', async () => {
    await expectRejection('TRUNCATED', openMessage(KEY, new Uint8Array(55), CONTEXT, NODE));
    await expectRejection('TRUNCATED', openMessage(KEY, new Uint8Array(57), CONTEXT, NODE));
  });

  test('a wrong key, salt, commitment or context is refused before any chunk', async () => {
    const ciphertext = await cobblestoneEncrypt(KEY, SALT, CONTEXT, random(100), NODE);
    const counting = countingProvider(NODE);
    await expectRejection('AUTHENTICATION_FAILED', cobblestoneDecrypt(random(32), CONTEXT, ciphertext, counting));
    await expectRejection('AUTHENTICATION_FAILED', cobblestoneDecrypt(KEY, SALT, ciphertext, counting));
    for (let at = 0; at < 56; at++) {
      const changed = ciphertext.slice();
      changed[at] = (changed[at] as number) ^ 1;
      await expectRejection('AUTHENTICATION_FAILED', cobblestoneDecrypt(KEY, CONTEXT, changed, counting));
    }
    await expectRejection('INVALID_ARGUMENT', cobblestoneDecrypt(random(31), CONTEXT, ciphertext, counting));
    expect(counting.opened).toBe(0);
  });
});

describe('whole messages', () => {
  test('the two providers are two', () => {
    expect(NODE.name).toBe('node');
    expect(WEB.name).toBe('web');
  });

  test.each(PROVIDERS)('agree with a second implementation at every boundary ($name)', async (provider) => {
    for (const size of SIZES) {
      const plaintext = random(size);
      const ciphertext = await cobblestoneEncrypt(KEY, SALT, CONTEXT, plaintext, provider);
      expect(ciphertext.length).toBe(ciphertextSize(size));
      expect(Buffer.compare(ciphertext, naiveEncrypt(KEY, SALT, CONTEXT, plaintext))).toBe(0);
      expect(Buffer.compare(naiveDecrypt(KEY, CONTEXT, ciphertext), plaintext)).toBe(0);
      expect(Buffer.compare(await cobblestoneDecrypt(KEY, CONTEXT, ciphertext, provider), plaintext)).toBe(0);
    }
  });

  test.each(PROVIDERS)('any flipped bit is refused ($name)', async (provider) => {
    const ciphertext = await cobblestoneEncrypt(KEY, SALT, CONTEXT, random(40_000), provider);
    await fc.assert(
      fc.asyncProperty(fc.nat(ciphertext.length * 8 - 1), async (bit) => {
        const changed = ciphertext.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        await expectRejection('AUTHENTICATION_FAILED', cobblestoneDecrypt(KEY, CONTEXT, changed, provider));
      }),
    );
  });

  test('any truncation is refused', async () => {
    const ciphertext = await cobblestoneEncrypt(KEY, SALT, CONTEXT, random(32_768), NODE);
    for (let length = 0; length < ciphertext.length; length += length < 100 || length > 32_800 ? 1 : 97) {
      const outcome = cobblestoneDecrypt(KEY, CONTEXT, ciphertext.subarray(0, length), NODE);
      await expect(outcome).rejects.toMatchObject({ code: expect.stringMatching(/TRUNCATED|AUTHENTICATION_FAILED/) });
    }
  });
});
