/**
 * Rows of a screen, made of spans of text that look alike.
 *
 * @module
 */

import stringWidth from 'string-width';
import type { Drawing } from './graphics.ts';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** How a span looks. Colours are those of xterm's 256, or mixed ones, which a terminal shows as well as it can. */
export interface Style {
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
  readonly colour?: number | Rgb;
  readonly background?: number | Rgb;
}

export interface Span {
  readonly text: string;
  readonly style?: Style;
}

export interface Row {
  readonly spans: readonly Span[];
  /** Fills the whole width and goes on in the next row: who copies it from the terminal gets one line. */
  readonly flowsOn?: boolean;
  /** Over this row and those below, where the terminal draws pictures; what it says is drawn in half blocks there, too. */
  readonly drawing?: Drawing;
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

export function rowOf(...spans: readonly Span[]): Row {
  return { spans };
}

/** A row of plain text. */
export function textRow(text: string, style?: Style): Row {
  return rowOf(style === undefined ? { text } : { text, style });
}

export function rowWidth(row: Row): number {
  return row.spans.reduce((width, { text }) => width + widthOf(text), 0);
}

/** The row in at most `columns` columns; what was cut off is marked with `…`. */
export function clip(row: Row, columns: number): Row {
  if (rowWidth(row) <= columns) {
    return row;
  }
  const spans: Span[] = [];
  let left = columns - 1;
  for (const span of row.spans) {
    const text = startOf(span.text, left);
    spans.push({ ...span, text });
    left -= widthOf(text);
    if (text !== span.text) {
      break;
    }
  }
  return rowOf(...spans, { text: columns > 0 ? '…' : '' });
}

/** The row with spaces up to `columns`, in the style of its last span. */
export function fill(row: Row, columns: number): Row {
  const missing = columns - rowWidth(row);
  const last = row.spans.at(-1);
  if (missing <= 0 || last === undefined) {
    return row;
  }
  return rowOf(...row.spans.slice(0, -1), { ...last, text: last.text + ' '.repeat(missing) });
}

/** As many whole graphemes as fit. */
function startOf(text: string, columns: number): string {
  let width = 0;
  let start = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += widthOf(segment);
    if (width > columns) {
      break;
    }
    start += segment;
  }
  return start;
}
