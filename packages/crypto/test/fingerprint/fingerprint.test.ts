import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeBits } from '../../src/fingerprint/bits.ts';
import {
  digitsToText,
  type FingerprintInput,
  fingerprint,
  PICTURE_COLOURS,
  PICTURE_SIZE,
  pictureToSvg,
  pictureToText,
  wordsToText,
} from '../../src/fingerprint/index.ts';
import { WORD_LIST } from '../../src/fingerprint/word-list.ts';
import { expectCode } from '../support/errors.ts';

/** The example of docs/protocol/fingerprint.md §7. */
const EXAMPLE: FingerprintInput = {
  transcriptHash: Uint8Array.from({ length: 32 }, (_, i) => i),
  initiatorKey: Uint8Array.from({ length: 32 }, (_, i) => 32 + i),
  responderKey: Uint8Array.from({ length: 32 }, (_, i) => 64 + i),
};

/** HKDF-Expand-SHA-512 (RFC 5869 §2.3) of up to 64 bytes, by Node alone. */
function expand(base: Uint8Array, purpose: string, length: number): Buffer {
  return createHmac('sha512', base)
    .update(`secret-chat/v1/${purpose}`)
    .update(Uint8Array.of(1))
    .digest()
    .subarray(0, length);
}

/** The bits as text, to cut them with nothing but slices. */
function bitsOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
}

describe('the fingerprint', () => {
  it('is what §2 to §5 say, computed another way', () => {
    const base = createHash('sha512')
      .update('secret-chat/v1/fingerprint')
      .update(EXAMPLE.transcriptHash)
      .update(EXAMPLE.initiatorKey)
      .update(EXAMPLE.responderKey)
      .digest();
    const { digits, words, picture } = fingerprint(EXAMPLE);

    const digitBytes = expand(base, 'fingerprint/digits', 60);
    const groups = Array.from({ length: 12 }, (_, i) =>
      BigInt(`0x${digitBytes.subarray(i * 5, i * 5 + 5).toString('hex')}`),
    );
    expect(digits).toEqual(groups.map((group) => String(group % 100_000n).padStart(5, '0')));

    const wordBits = bitsOf(expand(base, 'fingerprint/words', 25));
    const indexes = Array.from({ length: 18 }, (_, i) => Number.parseInt(wordBits.slice(i * 11, i * 11 + 11), 2));
    expect(words).toEqual(indexes.map((index) => WORD_LIST[index]));

    const pictureBits = bitsOf(expand(base, 'fingerprint/picture', 25));
    for (let row = 0; row < 11; row++) {
      for (let column = 0; column < 6; column++) {
        const at = (row * 6 + column) * 3;
        expect(picture[row * 11 + column]).toBe(Number.parseInt(pictureBits.slice(at, at + 3), 2));
      }
    }
  });

  it('changes in every form with any bit of the transcript or of either key', () => {
    const before = fingerprint(EXAMPLE);
    for (const part of ['transcriptHash', 'initiatorKey', 'responderKey'] as const) {
      for (let bit = 0; bit < 256; bit++) {
        const bytes = EXAMPLE[part];
        const changed = bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
        const after = fingerprint({ ...EXAMPLE, [part]: changed });
        expect(after.digits).not.toEqual(before.digits);
        expect(after.words).not.toEqual(before.words);
        expect(after.picture).not.toEqual(before.picture);
      }
    }
  });

  it('tells who invited whom', () => {
    const { initiatorKey, responderKey, transcriptHash } = EXAMPLE;
    const swapped = fingerprint({ transcriptHash, initiatorKey: responderKey, responderKey: initiatorKey });
    expect(swapped.digits).not.toEqual(fingerprint(EXAMPLE).digits);
  });

  it('refuses parts of a wrong size', () => {
    for (const part of ['transcriptHash', 'initiatorKey', 'responderKey'] as const) {
      for (const size of [0, 31, 33]) {
        expectCode('INVALID_ARGUMENT', () => fingerprint({ ...EXAMPLE, [part]: new Uint8Array(size) }));
      }
    }
  });
});

describe('the forms', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const input = fc.record({ transcriptHash: bytes32, initiatorKey: bytes32, responderKey: bytes32 });

  it('always have their shape', () => {
    fc.assert(
      fc.property(input, (parts) => {
        const { digits, words, picture } = fingerprint(parts);
        expect(digitsToText(digits)).toMatch(/^((\d{5} ){3}\d{5}\n){2}(\d{5} ){3}\d{5}$/);
        expect(wordsToText(words)).toMatch(/^(([a-z]{3,8} ){5}[a-z]{3,8}\n){2}([a-z]{3,8} ){5}[a-z]{3,8}$/);
        expect(picture.length).toBe(121);
        expect(picture.every((cell) => Number.isInteger(cell) && cell >= 0 && cell < 8)).toBe(true);
        for (let row = 0; row < 11; row++) {
          const cells = picture.slice(row * 11, row * 11 + 11);
          expect(cells.toReversed()).toEqual(cells);
        }
      }),
    );
  });

  it('show the example of §7', () => {
    const document = readFileSync(new URL('../../../../docs/protocol/fingerprint.md', import.meta.url), 'utf8');
    const { digits, words, picture } = fingerprint(EXAMPLE);
    for (const text of [digitsToText(digits), wordsToText(words), pictureToText(picture)]) {
      expect(document).toContain(`\`\`\`text\n${text}\n\`\`\``);
    }
  });
});

describe('the picture', () => {
  const { picture } = fingerprint(EXAMPLE);

  it('has eight colours that differ in every respect, and glyphs that fit one column', () => {
    expect(PICTURE_COLOURS.length).toBe(8);
    for (const key of ['name', 'hex', 'xterm', 'glyph'] as const) {
      expect(new Set(PICTURE_COLOURS.map((colour) => colour[key])).size).toBe(8);
    }
    for (const { hex, glyph, xterm } of PICTURE_COLOURS) {
      expect(hex).toMatch(/^#[0-9a-f]{6}$/);
      expect(glyph).toMatch(/^[!-~]$/);
      expect(xterm).toBeLessThan(256);
    }
  });

  it('is read back from its text', () => {
    const glyphs = PICTURE_COLOURS.map(({ glyph }) => glyph);
    const cells = pictureToText(picture)
      .split('\n')
      .flatMap((line) => line.split(' '))
      .map((glyph) => glyphs.indexOf(glyph));
    expect(cells).toEqual(picture);
  });

  it('is read back from its SVG', () => {
    const svg = pictureToSvg(picture);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 11 11" .*<\/svg>$/);
    const cells: number[] = [];
    for (const [, fill, path] of svg.matchAll(/<path fill="([^"]+)" d="([^"]*)"\/>/g)) {
      const colour = PICTURE_COLOURS.findIndex(({ hex }) => hex === fill);
      for (const [, x, y] of (path as string).matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
        cells[Number(y) * PICTURE_SIZE + Number(x)] = colour;
      }
    }
    expect(cells).toEqual(picture);
  });
});

describe('the word list', () => {
  it('is that of BIP-39', () => {
    const file = WORD_LIST.map((word) => `${word}\n`).join('');
    const hash = createHash('sha256').update(file).digest('hex');
    expect(hash).toBe('2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda');
  });

  it('has 2048 words that four letters tell apart', () => {
    expect(WORD_LIST.length).toBe(2048);
    expect(new Set(WORD_LIST.map((word) => word.slice(0, 4))).size).toBe(2048);
  });
});

describe('cutting bits', () => {
  it('takes the most significant bit first', () => {
    expect(takeBits(Uint8Array.of(0b1010_0101, 0b1100_0011), 3, 5)).toEqual([0b101, 0b001, 0b011, 0b100, 0b001]);
    expect(takeBits(Uint8Array.of(0xff, 0x00, 0xff), 24, 1)).toEqual([0xff00ff]);
  });

  it('cuts as slices of the bits would', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 25, maxLength: 25 }), fc.integer({ min: 1, max: 24 }), (bytes, width) => {
        const count = Math.floor(200 / width);
        const bits = bitsOf(bytes);
        const expected = Array.from({ length: count }, (_, i) =>
          Number.parseInt(bits.slice(i * width, (i + 1) * width), 2),
        );
        expect(takeBits(bytes, width, count)).toEqual(expected);
      }),
    );
  });
});
