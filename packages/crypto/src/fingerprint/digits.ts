/**
 * The fingerprint as 60 decimal digits, in the numeric format of Signal's safety numbers.
 *
 * Spec: docs/protocol/fingerprint.md §3.
 *
 * @module
 */

import { ByteReader } from '../bytes.ts';
import { LABEL } from '../labels.ts';
import { hkdfExpandSha512 } from '../primitives/index.ts';
import { inLines } from './lines.ts';

const GROUPS = 12;
const GROUPS_PER_LINE = 4;
const DIGITS_PER_GROUP = 5;
/** 40 bits a group: the remainder modulo 10^5 is even to one part in 10^7. */
const BYTES_PER_GROUP = 5;

/** 12 groups of 5 digits (199 bits) from the fingerprint's base (64 bytes). */
export function fingerprintDigits(base: Uint8Array): string[] {
  const bytes = hkdfExpandSha512(base, LABEL.fingerprintDigits, GROUPS * BYTES_PER_GROUP);
  const reader = new ByteReader(bytes, 'digits of a fingerprint');
  return Array.from({ length: GROUPS }, () => {
    // 5 bytes, big-endian, mod 100000
    const number = (reader.u8() * 0x1_0000_0000 + reader.u32()) % 10 ** DIGITS_PER_GROUP;
    return String(number).padStart(DIGITS_PER_GROUP, '0');
  });
}

/** 3 lines of 4 groups. */
export function digitsToText(digits: readonly string[]): string {
  return inLines(digits, GROUPS_PER_LINE);
}
