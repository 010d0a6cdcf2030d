/**
 * AES-256-GCM (NIST SP 800-38D, 96-bit nonce, 128-bit tag, no associated data), from the platform.
 *
 * Hardware AES is 10–20 times as fast as WebAssembly, so files use the platform's: Node's own `crypto` where there
 * is one, Web Crypto elsewhere. Node's answers at once, Web Crypto's by a promise: callers await only when they
 * were given one, since an await per 16-KiB chunk costs more than the cipher.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { findNodeCrypto, type NodeCrypto } from './node-crypto.ts';
import { requireSize } from './size.ts';

export const AES_256_GCM_KEY_SIZE = 32;
export const AES_256_GCM_NONCE_SIZE = 12;
export const AES_256_GCM_TAG_SIZE = 16;

/** One key, ready for many chunks. */
export interface Aes256GcmKey {
  /** Writes `plaintext.length + 16` bytes to `out`. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void | Promise<void>;
  /**
   * Writes `ciphertext.length - 16` bytes to `out`; on failure `out` holds no plaintext.
   *
   * @throws {@link CryptoError} `AUTHENTICATION_FAILED`, thrown or as a rejection
   */
  open(nonce: Uint8Array, ciphertext: Uint8Array, out: Uint8Array): void | Promise<void>;
}

/** Where AES-256-GCM comes from. */
export interface Aes256GcmProvider {
  readonly name: 'node' | 'web';
  /** `key`: 32 bytes, copied. */
  importKey(key: Uint8Array): Aes256GcmKey | Promise<Aes256GcmKey>;
}

/** Node's provider, or `undefined` on other platforms. */
export function nodeAes256Gcm(): Aes256GcmProvider | undefined {
  const node = findNodeCrypto();
  return node === undefined ? undefined : { name: 'node', importKey: (key) => nodeKey(node, key) };
}

/** `SubtleCrypto`, by way of the global: that name is the DOM's alone, and Node's types know the global without it. */
// biome-ignore lint/style/noRestrictedGlobals: its type alone
type Subtle = typeof crypto.subtle;

/**
 * The provider of every platform with Web Crypto.
 *
 * @param subtle `crypto.subtle`
 */
export function webAes256Gcm(subtle: Subtle): Aes256GcmProvider {
  return { name: 'web', importKey: (key) => webKey(subtle, key) };
}

/** The fastest provider that this platform has. */
export function platformAes256Gcm(): Aes256GcmProvider {
  // biome-ignore lint/style/noRestrictedGlobals: the platform's cipher, the default at the package's edge
  return nodeAes256Gcm() ?? webAes256Gcm(crypto.subtle);
}

function nodeKey(nodeCrypto: NodeCrypto, key: Uint8Array): Aes256GcmKey {
  requireSize(key, AES_256_GCM_KEY_SIZE, 'AES-256-GCM key');
  // A key object is scheduled once; with raw bytes each chunk costs 0.6 to 10 µs more (Node 20, Node 24).
  const handle = nodeCrypto.createSecretKey(key);
  return {
    seal(nonce, plaintext, out) {
      requireSizes(nonce, out, plaintext.length + AES_256_GCM_TAG_SIZE);
      const cipher = nodeCrypto.createCipheriv('aes-256-gcm', handle, nonce);
      out.set(cipher.update(plaintext));
      cipher.final();
      out.set(cipher.getAuthTag(), plaintext.length);
    },
    open(nonce, ciphertext, out) {
      const length = requireTag(ciphertext);
      requireSizes(nonce, out, length);
      const decipher = nodeCrypto.createDecipheriv('aes-256-gcm', handle, nonce, {
        authTagLength: AES_256_GCM_TAG_SIZE,
      });
      decipher.setAuthTag(ciphertext.subarray(length));
      const plaintext = decipher.update(ciphertext.subarray(0, length));
      try {
        decipher.final();
      } catch {
        plaintext.fill(0);
        throw authenticationFailed();
      }
      out.set(plaintext);
    },
  };
}

async function webKey(subtle: Subtle, key: Uint8Array): Promise<Aes256GcmKey> {
  requireSize(key, AES_256_GCM_KEY_SIZE, 'AES-256-GCM key');
  const handle = await subtle.importKey('raw', key as BufferSource, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    async seal(nonce, plaintext, out) {
      requireSizes(nonce, out, plaintext.length + AES_256_GCM_TAG_SIZE);
      const algorithm = { name: 'AES-GCM', iv: nonce as BufferSource };
      out.set(new Uint8Array(await subtle.encrypt(algorithm, handle, plaintext as BufferSource)));
    },
    async open(nonce, ciphertext, out) {
      requireSizes(nonce, out, requireTag(ciphertext));
      const algorithm = { name: 'AES-GCM', iv: nonce as BufferSource };
      let plaintext: ArrayBuffer;
      try {
        plaintext = await subtle.decrypt(algorithm, handle, ciphertext as BufferSource);
      } catch {
        throw authenticationFailed();
      }
      out.set(new Uint8Array(plaintext));
    },
  };
}

/** The plaintext's length. */
function requireTag(ciphertext: Uint8Array): number {
  if (ciphertext.length < AES_256_GCM_TAG_SIZE) {
    throw authenticationFailed();
  }
  return ciphertext.length - AES_256_GCM_TAG_SIZE;
}

function requireSizes(nonce: Uint8Array, out: Uint8Array, size: number): void {
  requireSize(nonce, AES_256_GCM_NONCE_SIZE, 'AES-256-GCM nonce');
  requireSize(out, size, 'AES-256-GCM output');
}

function authenticationFailed(): CryptoError {
  return new CryptoError('AUTHENTICATION_FAILED', 'ciphertext does not authenticate');
}
