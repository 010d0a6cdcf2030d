/**
 * Pictures in rows of characters: two pixels in each, the upper one as the colour of a half block, the lower one as what is
 * behind it. Without colours each character is a shade.
 *
 * @module
 */

import type { Pixels } from '../../photos/photos.ts';
import { type Rgb, type Row, rowOf, type Span } from './row.ts';

const UPPER_HALF = '▀';
const SHADES = ' ░▒▓█';
/** Below so many bits there are too few colours for a picture. */
const MIN_DEPTH = 8;
/** Of red, green and blue in brightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/** As large as fits, in its own proportions. */
export function pictureRows(pixels: Pixels, columns: number, maxRows: number, colourDepth: number): Row[] {
  const scale = Math.min(columns / pixels.width, (maxRows * 2) / pixels.height);
  const width = Math.max(1, Math.floor(pixels.width * scale));
  const height = Math.max(1, Math.round((pixels.height * scale) / 2));
  return Array.from({ length: height }, (_, row) =>
    rowOf(
      ...Array.from({ length: width }, (_cell, column) => {
        const at = (half: number) => average(pixels, [column, row * 2 + half], [width, height * 2]);
        return cell(at(0), at(1), colourDepth);
      }),
    ),
  );
}

function cell(upper: Rgb, lower: Rgb, colourDepth: number): Span {
  if (colourDepth >= MIN_DEPTH) {
    return { text: UPPER_HALF, style: { colour: upper, background: lower } };
  }
  const shade = ((luma(upper) + luma(lower)) / 2 / 256) * SHADES.length;
  return { text: SHADES[Math.floor(shade)] ?? ' ' };
}

/** The mean of the pixels that fall into one of `grid` equal parts, on black. */
function average(
  { width, height, rgba }: Pixels,
  [x, y]: readonly [number, number],
  grid: readonly [number, number],
): Rgb {
  const [left, right] = part(x, grid[0], width);
  const [top, bottom] = part(y, grid[1], height);
  const sum: [number, number, number] = [0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const at = (row * width + column) * 4;
      const opacity = (rgba[at + 3] ?? 0) / 255;
      for (const channel of [0, 1, 2] as const) {
        sum[channel] += (rgba[at + channel] ?? 0) * opacity;
      }
    }
  }
  const count = (right - left) * (bottom - top);
  const mean = (channel: 0 | 1 | 2) => Math.round(sum[channel] / count);
  return [mean(0), mean(1), mean(2)];
}

/** From and to which pixel part `index` of `parts` reaches: at least one. */
function part(index: number, parts: number, length: number): readonly [number, number] {
  const from = Math.min(length - 1, Math.floor((index * length) / parts));
  return [from, Math.max(from + 1, Math.floor(((index + 1) * length) / parts))];
}

function luma([red, green, blue]: Rgb): number {
  return red * LUMA[0] + green * LUMA[1] + blue * LUMA[2];
}
