/**
 * base64url without padding (RFC 4648 §5), from libsodium: strict, and in constant time, since links hold secrets.
 *
 * @module
 */

import { libsodium } from './sodium.ts';

export function base64UrlEncode(bytes: Uint8Array): string {
  const sodium = libsodium();
  return sodium.to_base64(bytes, sodium.base64_variants.URLSAFE_NO_PADDING);
}

/** `undefined` for a foreign character, an impossible length, or unused bits that are not zero. */
export function base64UrlDecode(text: string): Uint8Array | undefined {
  const sodium = libsodium();
  try {
    return sodium.from_base64(text, sodium.base64_variants.URLSAFE_NO_PADDING);
  } catch {
    return undefined;
  }
}
