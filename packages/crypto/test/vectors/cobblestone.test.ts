/** Wycheproof's vectors of C2SP chunked encryption, Cobblestone-256, driven whole, streamed and at any offset. */

import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { deriveCobblestoneKeys } from '../../src/file/cobblestone.ts';
import {
  CiphertextView,
  CobblestoneReader,
  cobblestoneDecrypt,
  cobblestoneEncrypt,
  decryptStream,
  encryptStream,
} from '../../src/file/index.ts';
import { CryptoError } from '../../src/index.ts';
import { blocks, collect, countingProvider, drain, memorySource, NODE, PROVIDERS } from '../file/sources.ts';
import { fromHex, thirdParty, toHex } from '../support/third-party.ts';

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly ctx: string;
  readonly ct: string;
  readonly aeadKey?: string;
  readonly baseNonce?: string;
  /** Of a valid message; of the longest valid prefix where the flag is `PartialPlaintext`. */
  readonly msgLength?: number;
  readonly msgSha512?: string;
  readonly result: 'valid' | 'invalid';
  readonly flags: readonly string[];
}

interface Vectors {
  readonly numberOfTests: number;
  readonly testGroups: readonly { readonly tests: readonly Case[] }[];
}

const vectors = thirdParty<Vectors>('c2sp_chunked_encryption_aes_256_gcm_test.json');
const cases = vectors?.testGroups.flatMap((group) => group.tests) ?? [];
const valid = cases.filter((it) => it.result === 'valid');
const invalid = cases.filter((it) => it.result === 'invalid');

function inputs(it: Case): { key: Uint8Array; context: Uint8Array; ciphertext: Uint8Array } {
  return { key: fromHex(it.key), context: fromHex(it.ctx), ciphertext: inflateSync(fromHex(it.ct)) };
}

function sha512(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex');
}

async function refused(promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toBeInstanceOf(CryptoError);
}

/** Sizes of blocks that a message arrives in. */
const SPLITS = [16_400, 16_384, 65_536, 1_048_576, 1_000_003];

describe.skipIf(vectors === undefined)('Cobblestone-256, C2SP vectors', () => {
  test('are all there', () => {
    expect(cases.length).toBe(vectors?.numberOfTests);
    expect(cases.length).toBe(35);
  });

  test.each(cases.filter((it) => it.aeadKey !== undefined))('$tcId: derives the keys ($comment)', (it) => {
    const { key, context, ciphertext } = inputs(it);
    const keys = deriveCobblestoneKeys(key, ciphertext.subarray(0, 24), context);
    expect(toHex(keys.key)).toBe(it.aeadKey);
    expect(toHex(keys.baseNonce)).toBe(it.baseNonce);
    expect(toHex(keys.commitment)).toBe(toHex(ciphertext.subarray(24, 56)));
  });

  describe.each(PROVIDERS)('with the provider $name', (provider) => {
    test.each(valid)('$tcId: opens and seals again ($comment)', async (it) => {
      const { key, context, ciphertext } = inputs(it);
      const salt = ciphertext.subarray(0, 24);

      const plaintext = await cobblestoneDecrypt(key, context, ciphertext, provider);
      expect(plaintext.length).toBe(it.msgLength);
      expect(sha512(plaintext)).toBe(it.msgSha512);
      const whole = await cobblestoneEncrypt(key, salt, context, plaintext, provider);
      expect(Buffer.compare(whole, ciphertext)).toBe(0);

      for (const split of SPLITS) {
        const opened = await collect(decryptStream(key, context, blocks(ciphertext, split), { provider }));
        expect(Buffer.compare(opened, plaintext)).toBe(0);
        const sealed = await collect(encryptStream(key, salt, context, blocks(plaintext, split), { provider }));
        expect(Buffer.compare(sealed, ciphertext)).toBe(0);
      }
    });

    test.each(invalid)('$tcId: is refused ($comment)', async (it) => {
      const { key, context, ciphertext } = inputs(it);
      const counting = countingProvider(provider);
      await refused(cobblestoneDecrypt(key, context, ciphertext, counting));
      for (const split of SPLITS) {
        const { bytes, error } = await drain(
          decryptStream(key, context, blocks(ciphertext, split), { provider: counting }),
        );
        expect(error).toBeInstanceOf(CryptoError);
        // These vectors are shorter than a block of output, so that nothing is passed on.
        expect(bytes.length).toBe(0);
      }
      if (it.flags.includes('HeaderFailure')) {
        expect(counting.opened).toBe(0);
      }
    });
  });

  test.each(cases)('$tcId: byte by byte ($comment)', async (it) => {
    const { key, context, ciphertext } = inputs(it);
    const { bytes, error } = await drain(decryptStream(key, context, blocks(ciphertext, 1), { provider: NODE }));
    if (it.result === 'valid') {
      expect(error).toBeUndefined();
      expect(sha512(bytes)).toBe(it.msgSha512);
    } else {
      expect(error).toBeInstanceOf(CryptoError);
    }
  });

  test.each(cases)('$tcId: at any offset ($comment)', async (it) => {
    const { key, context, ciphertext } = inputs(it);
    const opening = CobblestoneReader.open(key, context, memorySource(ciphertext), NODE);
    if (it.result === 'invalid' && !it.flags.includes('ValidFinalChunk')) {
      await refused(opening);
      return;
    }
    const reader = await opening;
    if (it.result === 'invalid') {
      await refused(reader.read(0, reader.size));
      return;
    }
    expect(reader.size).toBe(it.msgLength);
    const plaintext = await reader.read(0, reader.size);
    expect(sha512(plaintext)).toBe(it.msgSha512);
    for (let offset = 0; offset < reader.size; offset += 9_973) {
      const length = Math.min(20_011, reader.size - offset);
      const range = await reader.read(offset, length);
      expect(Buffer.compare(range, plaintext.subarray(offset, offset + length))).toBe(0);
    }
  });

  test.each(cases.filter((it) => it.flags.includes('PartialPlaintext')))(
    '$tcId: its valid prefix can be read at any offset, if its length authenticates ($comment)',
    async (it) => {
      const { key, context, ciphertext } = inputs(it);
      const { msgLength = 0 } = it;
      // Its chunks are valid up to here; a last chunk is missing, damaged or followed by something.
      const wholeChunks = Math.floor(msgLength / 16_384);
      expect(msgLength).toBe(wholeChunks * 16_384);
      const opening = CobblestoneReader.open(key, context, memorySource(ciphertext), NODE);
      if (it.flags.includes('ValidFinalChunk')) {
        expect(sha512(await (await opening).read(0, msgLength))).toBe(it.msgSha512);
      } else {
        await refused(opening);
      }
    },
  );

  test.each(valid)('$tcId: made again at any offset ($comment)', async (it) => {
    const { key, context, ciphertext } = inputs(it);
    const plaintext = memorySource(await cobblestoneDecrypt(key, context, ciphertext, NODE));
    const view = await CiphertextView.open(key, ciphertext.subarray(0, 24), context, plaintext, NODE);
    expect(view.size).toBe(ciphertext.length);
    for (let offset = 0; offset < view.size; offset += 65_536) {
      const length = Math.min(65_536, view.size - offset);
      const range = await view.read(offset, length);
      expect(Buffer.compare(range, ciphertext.subarray(offset, offset + length))).toBe(0);
    }
  });
});
