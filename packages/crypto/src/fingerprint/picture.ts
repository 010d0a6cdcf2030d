/**
 * The fingerprint as a picture: 11 × 11 cells of 8 colours, left-right symmetric.
 *
 * Spec: docs/protocol/fingerprint.md §5.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { hkdfExpandSha512 } from '../primitives/index.ts';
import { takeBits } from './bits.ts';
import { inLines } from './lines.ts';

/** Cells in a row, and rows. */
export const PICTURE_SIZE = 11;
/** The rest of a row mirrors them. */
const FREE_COLUMNS = 6;
const BITS_PER_CELL = 3;
/** ⌈6 · 11 · 3 / 8⌉ */
const INPUT_SIZE = 25;

/** One of the eight colours. */
export interface PictureColour {
  readonly name: string;
  readonly hex: string;
  /** The nearest colour of xterm's 256, for terminals. */
  readonly xterm: number;
  /** Tells the colour apart where there is none: one column wide, the same in a mirror. */
  readonly glyph: string;
}

/**
 * The palette of M. Okabe and K. Ito, "Color Universal Design" (2002, revised 2008), made to be told apart with any
 * kind of colour vision; a cell's value is an index of this list.
 */
export const PICTURE_COLOURS: readonly PictureColour[] = [
  { name: 'black', hex: '#000000', xterm: 16, glyph: '#' },
  { name: 'orange', hex: '#e69f00', xterm: 214, glyph: 'o' },
  { name: 'sky blue', hex: '#56b4e9', xterm: 74, glyph: '-' },
  { name: 'bluish green', hex: '#009e73', xterm: 36, glyph: '+' },
  { name: 'yellow', hex: '#f0e442', xterm: 227, glyph: '.' },
  { name: 'blue', hex: '#0072b2', xterm: 25, glyph: 'X' },
  { name: 'vermillion', hex: '#d55e00', xterm: 166, glyph: '^' },
  { name: 'reddish purple', hex: '#cc79a7', xterm: 175, glyph: ':' },
];

/** 121 colour indexes (0 to 7), row by row from the top left. */
export type Picture = readonly number[];

/** The picture (198 bits) from the fingerprint's base (64 bytes). */
export function fingerprintPicture(base: Uint8Array): Picture {
  const bytes = hkdfExpandSha512(base, LABEL.fingerprintPicture, INPUT_SIZE);
  const cells = takeBits(bytes, BITS_PER_CELL, FREE_COLUMNS * PICTURE_SIZE);
  return Array.from({ length: PICTURE_SIZE * PICTURE_SIZE }, (_, i) => {
    const row = Math.floor(i / PICTURE_SIZE);
    const column = i % PICTURE_SIZE;
    const free = Math.min(column, PICTURE_SIZE - 1 - column);
    return cells[row * FREE_COLUMNS + free] as number;
  });
}

/** 11 lines of 11 glyphs, separated by spaces (which makes cells of a terminal about square). */
export function pictureToText(picture: Picture): string {
  return inLines(
    picture.map((colour) => (PICTURE_COLOURS[colour] as PictureColour).glyph),
    PICTURE_SIZE,
  );
}

/** The picture as an SVG document that scales to any size: one path a colour, a unit square a cell. */
export function pictureToSvg(picture: Picture): string {
  const paths = PICTURE_COLOURS.map(({ hex }, colour) => {
    const squares = picture.map((cell, i) =>
      cell === colour ? `M${i % PICTURE_SIZE} ${Math.floor(i / PICTURE_SIZE)}h1v1h-1z` : '',
    );
    return `<path fill="${hex}" d="${squares.join('')}"/>`;
  });
  const size = PICTURE_SIZE;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">${paths.join('')}</svg>`;
}
