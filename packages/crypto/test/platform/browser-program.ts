/** Bundled and run by `browser-bundle.test.ts` where there is no Node: what an application in a browser would do first. */

import {
  CryptoError,
  ed25519KeyPair,
  ed25519Sign,
  ed25519Verify,
  platformAes256Gcm,
  ready,
  systemRandom,
  XWingKeyPair,
  xchachaOpen,
  xchachaSeal,
  xWingEncapsulate,
} from '../../src/index.ts';

/** What {@link run} found, for the test to judge. */
export interface Findings {
  readonly nodeGlobals: readonly string[];
  readonly beforeReady: string | undefined;
  readonly xWingAgrees: boolean;
  readonly xchachaOpens: boolean;
  readonly signatureVerifies: boolean;
  readonly aesProvider: string;
  /** 100 times 7 under a key of 32 times 1 and a nonce of 12 times 2. */
  readonly aesSealed: Uint8Array;
  readonly aesOpens: boolean;
}

export async function run(): Promise<Findings> {
  const beforeReady = codeOf(() => ed25519KeyPair(systemRandom(32)));
  await ready;

  const pair = new XWingKeyPair(systemRandom(32));
  const { ciphertext, sharedSecret } = xWingEncapsulate(pair.publicKey, systemRandom(64));

  const [key, nonce, nothing] = [systemRandom(32), systemRandom(24), new Uint8Array(0)];
  const sealed = xchachaSeal(key, nonce, ciphertext, nothing);

  const identity = ed25519KeyPair(systemRandom(32));
  const signature = ed25519Sign(ciphertext, identity.privateKey);

  const aes = platformAes256Gcm();
  const aesKey = await aes.importKey(new Uint8Array(32).fill(1));
  const aesNonce = new Uint8Array(12).fill(2);
  const [plaintext, aesSealed, aesOpened] = [new Uint8Array(100).fill(7), new Uint8Array(116), new Uint8Array(100)];
  await aesKey.seal(aesNonce, plaintext, aesSealed);
  await aesKey.open(aesNonce, aesSealed, aesOpened);

  return {
    nodeGlobals: ['process', 'Buffer', 'require', 'global', 'setImmediate'].filter((name) => name in globalThis),
    beforeReady,
    xWingAgrees: equal(pair.decapsulate(ciphertext).expose(), sharedSecret.expose()),
    xchachaOpens: equal(xchachaOpen(key, nonce, sealed, nothing), ciphertext),
    signatureVerifies: codeOf(() => ed25519Verify(signature, ciphertext, identity.publicKey)) === undefined,
    aesProvider: aes.name,
    aesSealed,
    aesOpens: equal(aesOpened, plaintext),
  };
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof CryptoError ? error.code : String(error);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
