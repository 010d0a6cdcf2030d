import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Aes256GcmProvider, nodeAes256Gcm, platformAes256Gcm, webAes256Gcm } from '../../src/index.ts';
import { expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { fromHex, toHex } from '../support/third-party.ts';

const random = seededRandom('aes-256-gcm');
const node = nodeAes256Gcm() as Aes256GcmProvider;
const web = webAes256Gcm(crypto.subtle);

/** Whatever the provider, as a promise. */
async function seal(provider: Aes256GcmProvider, key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, room = 16) {
  const out = new Uint8Array(plaintext.length + room);
  await (await provider.importKey(key)).seal(nonce, plaintext, out);
  return out;
}

async function open(provider: Aes256GcmProvider, key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, room = -16) {
  const out = new Uint8Array(Math.max(0, sealed.length + room));
  await (await provider.importKey(key)).open(nonce, sealed, out);
  return out;
}

describe.each([node, web])('the $name provider', (provider) => {
  // NIST SP 800-38D test cases 13, 14 and 15 (McGrew and Viega), which have no associated data.
  test.each([
    ['00'.repeat(32), '00'.repeat(12), '', '530f8afbc74536b9a963b4f1c4cb738b'],
    [
      '00'.repeat(32),
      '00'.repeat(12),
      '00'.repeat(16),
      'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    ],
    [
      'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
      'cafebabefacedbaddecaf888',
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c',
    ],
  ])('known answer under key %s', async (key, nonce, plaintext, sealed) => {
    expect(toHex(await seal(provider, fromHex(key), fromHex(nonce), fromHex(plaintext)))).toBe(sealed);
    expect(toHex(await open(provider, fromHex(key), fromHex(nonce), fromHex(sealed)))).toBe(plaintext);
  });

  test('refuses whatever does not authenticate, and writes no plaintext', async () => {
    const [key, nonce, plaintext] = [random(32), random(12), random(100)];
    const sealed = await seal(provider, key, nonce, plaintext);
    const handle = await provider.importKey(key);
    for (const index of [0, 99, 100, 115]) {
      const forged = sealed.slice();
      forged[index] = (forged[index] as number) ^ 1;
      const out = new Uint8Array(100);
      await expectRejection('AUTHENTICATION_FAILED', (async () => handle.open(nonce, forged, out))());
      expect(out).toEqual(new Uint8Array(100));
    }
    await expectRejection('AUTHENTICATION_FAILED', open(provider, random(32), nonce, sealed));
    await expectRejection('AUTHENTICATION_FAILED', open(provider, key, random(12), sealed));
    await expectRejection('AUTHENTICATION_FAILED', open(provider, key, nonce, sealed.subarray(0, 115)));
    await expectRejection('AUTHENTICATION_FAILED', open(provider, key, nonce, random(15)));
  });

  test('refuses wrong sizes', async () => {
    const [key, nonce, plaintext] = [random(32), random(12), random(20)];
    const sealed = await seal(provider, key, nonce, plaintext);
    await expectRejection('INVALID_ARGUMENT', seal(provider, random(16), nonce, plaintext));
    await expectRejection('INVALID_ARGUMENT', seal(provider, key, random(16), plaintext));
    await expectRejection('INVALID_ARGUMENT', seal(provider, key, nonce, plaintext, 15));
    await expectRejection('INVALID_ARGUMENT', open(provider, key, random(11), sealed));
    await expectRejection('INVALID_ARGUMENT', open(provider, key, nonce, sealed, 0));
  });

  test('copies the key', async () => {
    const [key, nonce, plaintext] = [random(32), random(12), random(20)];
    const expected = await seal(provider, key, nonce, plaintext);
    const handle = await provider.importKey(key);
    key.fill(0);
    const out = new Uint8Array(36);
    await handle.seal(nonce, plaintext, out);
    expect(out).toEqual(expected);
  });
});

test.each([0, 1, 15, 16, 17, 4096, 16_384, 100_000])(
  'both give the same %i bytes, and open each other',
  async (length) => {
    const [key, nonce, plaintext] = [random(32), random(12), random(length)];
    const sealed = await seal(node, key, nonce, plaintext);
    expect(await seal(web, key, nonce, plaintext)).toEqual(sealed);
    expect(await open(web, key, nonce, sealed)).toEqual(plaintext);
    expect(await open(node, key, nonce, sealed)).toEqual(plaintext);
  },
);

describe('choosing a provider', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("Node's where there is one", () => {
    expect(platformAes256Gcm().name).toBe('node');
  });

  test.each([
    ['no process', undefined],
    ['a process of another kind', {}],
    ['a process without crypto', { getBuiltinModule: () => undefined }],
  ])("the web's with %s", (_, process) => {
    vi.stubGlobal('process', process);
    const chosen = platformAes256Gcm().name;
    vi.unstubAllGlobals();
    expect(chosen).toBe('web');
  });
});
