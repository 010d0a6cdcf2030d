/**
 * Randomness, passed in everywhere so that tests and vectors are reproducible.
 *
 * libsodium's `randombytes_buf` costs about 100 µs a call from WebAssembly; the platform's
 * `crypto.getRandomValues` is the same system generator at 2–4 µs.
 *
 * @module
 */

/** Returns `length` fresh, uniformly random bytes; each call returns new memory that the caller owns. */
export type RandomSource = (length: number) => Uint8Array;

/** Web Crypto refuses larger requests (§10.1.1 of its specification). */
const MAX_REQUEST = 65_536;

/** The operating system's generator. */
export const systemRandom: RandomSource = (length) => {
  const out = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += MAX_REQUEST) {
    // biome-ignore lint/style/noRestrictedGlobals: the one place where the package touches the system's generator
    crypto.getRandomValues(out.subarray(offset, offset + MAX_REQUEST));
  }
  return out;
};
