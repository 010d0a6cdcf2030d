/**
 * SHA-256, SHA-512, HMAC-SHA-256 (RFC 2104), HKDF-SHA-512 and HKDF-SHA-256 (RFC 5869), from `@noble/hashes`; Node's own
 * where that is faster and Node is there. Differential tests hold both equal.
 *
 * @module
 */

import { expand, hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import { CryptoError } from '../errors.ts';
import { findNodeCrypto } from './node-crypto.ts';

const node = findNodeCrypto();

/** Below this, calling Node costs more than it saves (measured: 64 bytes 2.8 µs in JavaScript, 4 µs in Node). */
const NODE_SHA256_FROM = 512;

export const SHA256_SIZE = 32;
export const SHA512_SIZE = 64;

/** Node refuses a longer `info`. */
const NODE_HKDF_MAX_INFO = 1024;

/** RFC 5869 §2.3: L ≤ 255 · HashLen. */
const HKDF_MAX_BLOCKS = 255;

/** 32 bytes. */
export function sha256(data: Uint8Array): Uint8Array {
  if (node !== undefined && data.length >= NODE_SHA256_FROM) {
    return new Uint8Array(node.createHash('sha256').update(data).digest());
  }
  return nobleSha256(data);
}

/** 64 bytes. */
export function sha512(data: Uint8Array): Uint8Array {
  return nobleSha512(data);
}

/** 32 bytes. */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, data);
}

/** Several tags under one key, which is scheduled once: the two outputs of `KDF_CK` cost 6 compressions, not 8. */
export function hmacSha256Each(key: Uint8Array, ...inputs: readonly Uint8Array[]): Uint8Array[] {
  const keyed = hmac.create(nobleSha256, key);
  const tags = inputs.map((input) => keyed.clone().update(input).digest());
  keyed.destroy();
  return tags;
}

/**
 * HKDF-SHA-512, extract and expand.
 *
 * @param salt any length; empty means 64 zero bytes, as in RFC 5869
 * @throws {@link CryptoError} `INVALID_ARGUMENT` when `length` exceeds 255 · 64
 */
export function hkdfSha512(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  requireOutputSize(length, SHA512_SIZE);
  if (node !== undefined && info.length <= NODE_HKDF_MAX_INFO) {
    return new Uint8Array(node.hkdfSync('sha512', input, salt, info, length));
  }
  return hkdf(nobleSha512, input, salt, info, length);
}

/** HKDF-SHA-256, extract and expand, as {@link hkdfSha512}: for formats of others; this protocol derives with SHA-512. */
export function hkdfSha256(input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  requireOutputSize(length, SHA256_SIZE);
  return hkdf(nobleSha256, input, salt, info, length);
}

/** HKDF-Expand-SHA-512 alone; `key` must be uniformly random. @throws as {@link hkdfSha512} */
export function hkdfExpandSha512(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  requireOutputSize(length, SHA512_SIZE);
  // noble refuses keys shorter than the hash; HMAC pads them with zeros itself (RFC 2104 §2), so these change nothing.
  const padded = new Uint8Array(Math.max(key.length, SHA512_SIZE));
  padded.set(key);
  const output = expand(nobleSha512, padded, info, length);
  padded.fill(0);
  return output;
}

function requireOutputSize(length: number, hashSize: number): void {
  if (!Number.isInteger(length) || length < 1 || length > HKDF_MAX_BLOCKS * hashSize) {
    throw new CryptoError('INVALID_ARGUMENT', `HKDF output must be 1 to ${HKDF_MAX_BLOCKS * hashSize} bytes`);
  }
}
