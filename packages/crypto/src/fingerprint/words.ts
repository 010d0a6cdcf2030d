/**
 * The fingerprint as 18 words, to be read aloud.
 *
 * Spec: docs/protocol/fingerprint.md §4.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { hkdfExpandSha512 } from '../primitives/index.ts';
import { takeBits } from './bits.ts';
import { inLines } from './lines.ts';
import { WORD_LIST } from './word-list.ts';

const WORDS = 18;
const WORDS_PER_LINE = 6;
const BITS_PER_WORD = 11;
/** ⌈18 · 11 / 8⌉ */
const INPUT_SIZE = 25;

/** 18 words (198 bits) from the fingerprint's base (64 bytes). */
export function fingerprintWords(base: Uint8Array): string[] {
  const bytes = hkdfExpandSha512(base, LABEL.fingerprintWords, INPUT_SIZE);
  return takeBits(bytes, BITS_PER_WORD, WORDS).map((index) => WORD_LIST[index] as string);
}

/** 3 lines of 6 words. */
export function wordsToText(words: readonly string[]): string {
  return inLines(words, WORDS_PER_LINE);
}
