/**
 * Puts frames on a terminal: only rows that changed are written, each at its place.
 *
 * It is the only place from which control sequences go out, and nothing of a span gets by it: whatever a row holds is
 * made harmless once more.
 *
 * @module
 */

import { oneLine } from '../../harmless.ts';
import { type Drawing, drawn, type Graphics, undrawn } from './graphics.ts';
import type { Rgb, Row, Span, Style } from './row.ts';

const ESC = '\u001b';
const HIDE_CURSOR = `${ESC}[?25l`;
const SHOW_CURSOR = `${ESC}[?25h`;
const ERASE_ROW = `${ESC}[2K`;
const ERASE_SCREEN = `${ESC}[2J`;
const PLAIN = `${ESC}[0m`;
/** Off, but where a row flows on: a text that is wider than it seems must not reach the row below. */
const WRAP_ON = `${ESC}[?7h`;
const WRAP_OFF = `${ESC}[?7l`;

/** Bits of colour from which a terminal has every colour, xterm's 256, or 16. */
const DEPTH_OF_ALL = 24;
const DEPTH_OF_256 = 8;
const DEPTH_OF_16 = 4;
const BLACK = 16;
const WHITE = 231;
/** Of the 256, a cube of 6 × 6 × 6, whose steps are not even. */
const CUBE_FIRST = 16;
const CUBE_LEVELS = [0, 95, 135, 175, 215, 255] as const;

/** A whole screen. */
export interface Frame {
  readonly rows: readonly Row[];
  /** Counted from 0; hidden if left out. */
  readonly cursor?: { readonly row: number; readonly column: number } | undefined;
}

/** A picture that the terminal draws, and its first row. */
interface Placed {
  readonly drawing: Drawing;
  readonly top: number;
}

export class Painter {
  readonly #write: (bytes: string) => void;
  readonly #colourDepth: number;
  readonly #graphics: Graphics | undefined;
  #shown: string[] | undefined;
  #placed: Placed | undefined;

  /**
   * @param colourDepth bits, as `WriteStream.getColorDepth()` has it
   * @param graphics how the terminal draws pictures, if it does
   */
  constructor(write: (bytes: string) => void, colourDepth: number, graphics?: Graphics) {
    this.#write = write;
    this.#colourDepth = colourDepth;
    this.#graphics = graphics;
  }

  /** Something else wrote to the screen, or its size changed: the next frame is painted as a whole. */
  forget(): void {
    this.#shown = undefined;
  }

  paint({ rows, cursor }: Frame): void {
    const encoded = rows.map((row) => row.spans.map((span) => this.#encode(span)).join(''));
    const placed = this.#graphics && placedIn(rows);
    if (!isSame(placed, this.#placed)) {
      // Terminals differ in what of a picture goes with the rows that it is over: nothing of it stays on an empty screen.
      this.#shown = undefined;
    }
    const isWhole = this.#shown === undefined;
    let out = isWhole ? `${this.#undrawn()}${PLAIN}${ERASE_SCREEN}` : '';
    for (let first = 0; first < rows.length; ) {
      let end = first + 1;
      while (rows[end - 1]?.flowsOn === true && end < rows.length) {
        end++;
      }
      if (
        this.#shown === undefined ||
        encoded.slice(first, end).join('\n') !== this.#shown.slice(first, end).join('\n')
      ) {
        out += group(encoded.slice(first, end), first);
      }
      first = end;
    }
    if (isWhole && placed !== undefined && this.#graphics !== undefined) {
      out += `${moveTo(placed.top, 0)}${drawn(this.#graphics, placed.drawing)}`;
    }
    const place = cursor === undefined ? '' : `${moveTo(cursor.row, cursor.column)}${SHOW_CURSOR}`;
    this.#write(`${HIDE_CURSOR}${out}${place}`);
    this.#shown = encoded;
    this.#placed = placed;
  }

  #undrawn(): string {
    return this.#graphics === undefined || this.#placed === undefined ? '' : undrawn(this.#graphics);
  }

  #encode({ text, style }: Span): string {
    const codes = style === undefined ? [] : this.#codes(style);
    const safe = oneLine(text);
    return codes.length === 0 ? safe : `${ESC}[${codes.join(';')}m${safe}${PLAIN}`;
  }

  #codes({ bold, dim, inverse, colour, background }: Style): number[] {
    return [
      ...(bold === true ? [1] : []),
      ...(dim === true ? [2] : []),
      ...(inverse === true ? [7] : []),
      ...(colour === undefined ? [] : this.#colour(colour, 30)),
      ...(background === undefined ? [] : this.#colour(background, 40)),
    ];
  }

  /** @param base 30 for the text, 40 for what is behind it */
  #colour(colour: number | Rgb, base: 30 | 40): number[] {
    if (typeof colour !== 'number') {
      return this.#mixed(colour, base);
    }
    if (this.#colourDepth >= DEPTH_OF_256) {
      return [base + 8, 5, colour];
    }
    if (this.#colourDepth < DEPTH_OF_16) {
      return [];
    }
    const basic = colour === BLACK ? 0 : colour === WHITE ? 15 : colour;
    if (basic > 15) {
      return [];
    }
    return [basic < 8 ? base + basic : base + 60 + basic - 8];
  }

  #mixed(colour: Rgb, base: 30 | 40): number[] {
    if (this.#colourDepth >= DEPTH_OF_ALL) {
      return [base + 8, 2, ...colour];
    }
    return this.#colourDepth >= DEPTH_OF_256 ? [base + 8, 5, nearest(colour)] : [];
  }
}

/** Only where all of it is seen, and above the last row: the screen would scroll. */
function placedIn(rows: readonly Row[]): Placed | undefined {
  const top = rows.findIndex(({ drawing }) => drawing !== undefined);
  const drawing = rows[top]?.drawing;
  return drawing !== undefined && top + drawing.rows < rows.length ? { drawing, top } : undefined;
}

function isSame(one: Placed | undefined, other: Placed | undefined): boolean {
  return (
    one?.top === other?.top &&
    one?.drawing.png === other?.drawing.png &&
    one?.drawing.columns === other?.drawing.columns &&
    one?.drawing.rows === other?.drawing.rows
  );
}

/** Of the cube. */
function nearest(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const distances = CUBE_LEVELS.map((level) => Math.abs(level - value));
    return distances.indexOf(Math.min(...distances));
  });
  return CUBE_FIRST + 36 * red + 6 * green + blue;
}

/** Rows that belong together, the first of them at row `first`. */
function group(rows: readonly string[], first: number): string {
  const erased = rows.map((_, i) => `${moveTo(first + i, 0)}${ERASE_ROW}`).join('');
  const text = `${moveTo(first, 0)}${rows.join('')}`;
  return rows.length === 1 ? `${erased}${text}` : `${erased}${WRAP_ON}${text}${WRAP_OFF}`;
}

function moveTo(row: number, column: number): string {
  return `${ESC}[${row + 1};${column + 1}H`;
}
