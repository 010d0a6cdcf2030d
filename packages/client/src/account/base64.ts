/**
 * Base64 as RFC 4648 §4 has it, on every platform.
 *
 * @module
 */

/** Bytes at a time: a call takes only so many arguments. A multiple of three, so that parts can be joined. */
const STEP = 24_576;

export function base64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += STEP) {
    out += btoa(String.fromCharCode(...bytes.subarray(i, i + STEP)));
  }
  return out;
}
