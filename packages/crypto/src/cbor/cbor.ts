/**
 * Deterministic CBOR (RFC 8949 §4.2), by `cborg`: one byte string for each value, both ways.
 *
 * Spec: docs/protocol/content.md §1.
 *
 * @module
 */

import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { CryptoError } from '../errors.ts';
import { constantTimeEqual } from '../primitives/constant-time.ts';

/** The values that the protocol uses: no floats, no tags, no null, no negative numbers. */
export type CborValue = number | string | boolean | Uint8Array | CborValue[] | Map<string, CborValue>;

export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/**
 * Decodes exactly one value. The caller bounds the size of `bytes`; nothing in here allocates more than a small
 * multiple of it.
 *
 * @throws {@link CryptoError} `MALFORMED` for anything that {@link encodeCbor} would not have written
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  let value: CborValue;
  let canonical: Uint8Array;
  try {
    value = decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowInfinity: false,
      allowNaN: false,
      allowBigInt: false,
    });
    // Strict decoding leaves the order of keys unchecked; what was written deterministically encodes to itself.
    canonical = encode(value, rfc8949EncodeOptions);
  } catch {
    // Nesting deep enough to exhaust the stack ends here too.
    throw new CryptoError('MALFORMED', 'not deterministic CBOR');
  }
  if (!constantTimeEqual(canonical, bytes)) {
    throw new CryptoError('MALFORMED', 'not deterministic CBOR');
  }
  return value;
}
