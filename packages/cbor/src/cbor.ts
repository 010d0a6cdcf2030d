/**
 * Deterministic CBOR (RFC 8949 §4.2), by `cborg`: one byte string for each value, both ways.
 *
 * Spec: docs/protocol/content.md §1.
 *
 * @module
 */

import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { CborError } from './errors.ts';
import { requireShallow } from './nesting.ts';

/** The values that the protocol uses: no floats, no tags, no null, no negative numbers. */
export type CborValue = number | string | boolean | Uint8Array | CborValue[] | Map<string, CborValue>;

/** The result is memory of its own. */
export function encodeCbor(value: CborValue): Uint8Array {
  const encoded = encode(value, rfc8949EncodeOptions);
  // On Node `cborg` may answer with a view of the buffer pool, where data of others lies too.
  const isOwn = encoded.constructor === Uint8Array && encoded.length === encoded.buffer.byteLength;
  return isOwn ? encoded : new Uint8Array(encoded);
}

/**
 * Decodes exactly one value, which shares no memory with `bytes`. The caller bounds the size of `bytes`; nothing in here allocates more than a small
 * multiple of it.
 *
 * @throws {@link CborError} `MALFORMED` for anything that {@link encodeCbor} would not have written
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  requireShallow(bytes);
  let value: unknown;
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
    throw new CborError('MALFORMED', 'not deterministic CBOR');
  }
  if (!isCborValue(value) || !equal(canonical, bytes)) {
    throw new CborError('MALFORMED', 'not deterministic CBOR');
  }
  return value;
}

/** What the library decodes beside the values of the protocol: null, fractions, negative numbers, keys that are no text. */
function isCborValue(value: unknown): value is CborValue {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) && value >= 0;
    case 'string':
    case 'boolean':
      return true;
    default:
      if (Array.isArray(value)) {
        return value.every(isCborValue);
      }
      if (value instanceof Map) {
        return [...value].every(([key, item]) => typeof key === 'string' && isCborValue(item));
      }
      return value instanceof Uint8Array;
  }
}

/** Four bytes at a time, by a plain loop: this is most of what decoding a frame of 4 KiB costs. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) {
    return false;
  }
  const [left, right] = [viewOf(a), viewOf(b)];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    if (left.getUint32(i) !== right.getUint32(i)) {
      return false;
    }
  }
  for (let i = whole; i < a.length; i++) {
    if (a[i] !== b[i]) {
      return false;
    }
  }
  return true;
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
