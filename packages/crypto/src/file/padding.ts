/**
 * Hides a file's size: Padmé over units of 64 KiB, filled with zeros.
 *
 * Spec: docs/protocol/files.md §4.
 *
 * @module
 */

import { concat } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { type ByteSource, exactly, type RandomAccessSource, readExactly } from './byte-source.ts';
import { ciphertextSize, plaintextSize } from './cobblestone.ts';

/** Ciphertexts are a whole number of units. */
export const UNIT_SIZE = 65_536;

/**
 * 64 GiB. Every number of the protocol then stays far below 2^53 and the piece index below 2^17, and C2SP's bound
 * on what an attacker gains from one such message is 2^-65.
 */
export const MAX_FILE_SIZE: number = 2 ** 36;

/** No plaintext gives a ciphertext of n units with n mod 1025 = 1024: 8 bytes would be left for the last tag (§4.2). */
const UNIT_CYCLE = 1025;

/**
 * Number of 64-KiB units of the ciphertext of a file of `size` bytes (§4.1, §4.2).
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `size` is an integer of 0 to 2^36
 */
export function unitCount(size: number): number {
  requireFileSize(size);
  const units = padme(Math.ceil(ciphertextSize(size) / UNIT_SIZE));
  return units % UNIT_CYCLE === UNIT_CYCLE - 1 ? units + 1 : units;
}

/** Size of the padded ciphertext of a file of `size` bytes: a whole number of units. @throws as {@link unitCount} */
export function paddedCiphertextSize(size: number): number {
  return unitCount(size) * UNIT_SIZE;
}

/** Size of the padded plaintext of a file of `size` bytes. @throws as {@link unitCount} */
export function paddedSize(size: number): number {
  return plaintextSize(paddedCiphertextSize(size));
}

/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS 2019):
 * keeps the upper ⌊log2⌊log2 n⌋⌋ + 2 bits of `n`, rounding up; at most 12 % are added.
 *
 * @param n 1 to 2^30
 */
export function padme(n: number): number {
  const exponent = floorLog2(n);
  if (exponent === 0) {
    return n;
  }
  const mask = 2 ** (exponent - floorLog2(exponent) - 1) - 1;
  return (n + mask) & ~mask;
}

/**
 * `source` followed by zeros up to {@link paddedSize}.
 *
 * @throws {@link CryptoError} `SIZE_MISMATCH` when `source` holds more or fewer than `size` bytes
 */
export async function* padStream(source: ByteSource, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  const padded = paddedSize(size);
  yield* exactly(source, size, 'the file', 'SIZE_MISMATCH', 'SIZE_MISMATCH');
  const zeros = new Uint8Array(UNIT_SIZE);
  for (let count = size; count < padded; count += UNIT_SIZE) {
    yield zeros.subarray(0, padded - count);
  }
}

/**
 * Undoes {@link padStream}: the first `size` bytes of `padded`, whose end is checked (§4.3).
 *
 * @throws {@link CryptoError} `MALFORMED` unless zeros follow, up to exactly {@link paddedSize}
 */
export async function* unpadStream(padded: ByteSource, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = size;
  for await (const block of exactly(padded, paddedSize(size), 'the padded file', 'MALFORMED', 'MALFORMED')) {
    const data = block.subarray(0, rest);
    rest -= data.length;
    if (!isZero(block.subarray(data.length))) {
      throw new CryptoError('MALFORMED', 'the padding of the file is not all zeros');
    }
    if (data.length > 0) {
      yield data;
    }
  }
}

/** `source` followed by zeros up to {@link paddedSize}, to be read at any offset. */
export function padSource(source: RandomAccessSource): RandomAccessSource {
  const size = paddedSize(source.size);
  return {
    size,
    async read(offset, length) {
      const held = Math.min(length, Math.max(0, source.size - offset));
      const data = held > 0 ? await readExactly(source, offset, held) : new Uint8Array(0);
      return held === length ? data : concat(data, new Uint8Array(length - held));
    },
  };
}

function requireFileSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > MAX_FILE_SIZE) {
    throw new CryptoError('INVALID_ARGUMENT', `file size must be an integer of 0 to ${MAX_FILE_SIZE}`);
  }
}

function floorLog2(n: number): number {
  return 31 - Math.clz32(n);
}

/** Authenticated bytes: the time this takes tells nothing. Four at a time: padding can be an eighth of a file. */
export function isZero(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let bits = 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    bits |= view.getUint32(at);
  }
  for (; at < bytes.length; at++) {
    bits |= view.getUint8(at);
  }
  return bits === 0;
}
