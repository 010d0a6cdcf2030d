/**
 * Byte strings: joining, integers (big-endian, as everywhere in the protocol), length prefixes and padding.
 *
 * Spec: docs/protocol/conventions.md.
 *
 * @module
 */

import { CryptoError } from './errors.ts';

const encoder: TextEncoder = new TextEncoder();
/** `fatal`: bytes that are not UTF-8 are refused, not replaced; `ignoreBOM`: a leading U+FEFF is kept. */
const decoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Marks the end of padded data (conventions §3). */
const PAD_MARKER = 0x80;

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/**
 * `bytes` in memory of its own.
 *
 * Not `bytes.slice()`: for a Node `Buffer`, which is a `Uint8Array` too, that is a view of the same memory.
 */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** @throws {@link CryptoError} `MALFORMED` when `bytes` are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CryptoError('MALFORMED', 'text is not UTF-8');
  }
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `value` is an integer of 0 to 2^32-1. */
export function u32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new CryptoError('INVALID_ARGUMENT', 'not a 32-bit unsigned integer');
  }
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `value` is an integer of 0 to 2^53-1. */
export function u64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new CryptoError('INVALID_ARGUMENT', 'not an unsigned integer below 2^53');
  }
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value % 0x1_0000_0000);
  return out;
}

/** Length-prefixed bytes: `u32 length ‖ bytes` (conventions §2). */
export function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return concat(u32(bytes.length), bytes);
}

/**
 * `bytes ‖ 0x80 ‖ zeros`, `size` bytes in all (conventions §3).
 *
 * @throws {@link CryptoError} `TOO_LONG` unless at least one byte is left for the marker.
 */
export function pad(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) {
    throw new CryptoError('TOO_LONG', `${bytes.length} bytes do not fit ${size - 1}`);
  }
  const out = new Uint8Array(size);
  out.set(bytes);
  out[bytes.length] = PAD_MARKER;
  return out;
}

/**
 * Undoes {@link pad}; the result shares memory with `padded`. Only for bytes that were authenticated.
 *
 * @throws {@link CryptoError} `MALFORMED` when there is no marker followed by zeros alone.
 */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) {
    end--;
  }
  if (end < 0 || padded[end] !== PAD_MARKER) {
    throw new CryptoError('MALFORMED', 'padding is not 0x80 followed by zeros');
  }
  return padded.subarray(0, end);
}

/** Reads fixed-size fields one after the other, and insists that nothing is left. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  /** `what` names the format in errors. Results share memory with `bytes`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** @throws {@link CryptoError} `MALFORMED` when fewer than `length` bytes are left. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw new CryptoError('MALFORMED', `${this.#what} is truncated`);
    }
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** Like {@link take}, as an owned copy. */
  copy(length: number): Uint8Array {
    return copyOf(this.take(length));
  }

  u8(): number {
    return this.take(1)[0] as number;
  }

  u32(): number {
    const field = this.take(4);
    return new DataView(field.buffer, field.byteOffset, 4).getUint32(0);
  }

  /** @throws {@link CryptoError} `MALFORMED` above 2^53-1, which no honest sender reaches. */
  u64(): number {
    const value = this.u32() * 0x1_0000_0000 + this.u32();
    if (!Number.isSafeInteger(value)) {
      throw new CryptoError('MALFORMED', `${this.#what} holds a number above 2^53-1`);
    }
    return value;
  }

  /** @throws {@link CryptoError} `MALFORMED` when bytes are left over. */
  end(): void {
    if (this.remaining !== 0) {
      throw new CryptoError('MALFORMED', `${this.#what} has ${this.remaining} trailing bytes`);
    }
  }
}
