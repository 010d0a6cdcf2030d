/**
 * The input line as rows: what is typed, wrapped, and where the cursor is.
 *
 * @module
 */

import { oneLine } from '../../harmless.ts';
import type { Editor } from './editor.ts';
import { type Row, rowOf, widthOf } from './row.ts';

const PROMPT = '> ';
const INDENT = '  ';

export interface InputRows {
  readonly rows: readonly Row[];
  /** Counted from 0, within these rows. */
  readonly cursor: { readonly row: number; readonly column: number };
}

/** At most `maxRows` rows, among them the one with the cursor. */
export function inputRows({ text, cursor }: Editor, columns: number, maxRows: number): InputRows {
  const lines = [''];
  let column = PROMPT.length;
  let place = { row: 0, column };
  const newLine = () => {
    lines.push('');
    column = INDENT.length;
  };
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    const isBreak = segment === '\n' || segment === '\r\n';
    const shown = isBreak ? '' : oneLine(segment);
    const width = widthOf(shown);
    // One column stays free for the cursor.
    if (!isBreak && column + width >= columns && column > INDENT.length) {
      newLine();
    }
    if (index <= cursor) {
      place = { row: lines.length - 1, column };
    }
    lines[lines.length - 1] += shown;
    column += width;
    if (isBreak) {
      newLine();
    }
  }
  if (cursor >= text.length) {
    place = { row: lines.length - 1, column };
  }
  const rows = lines.map((line, i) =>
    rowOf({ text: i === 0 ? PROMPT : INDENT, style: { bold: true } }, { text: line }),
  );
  const first = Math.min(Math.max(0, place.row - maxRows + 1), Math.max(0, rows.length - maxRows));
  return {
    rows: rows.slice(first, first + maxRows),
    cursor: { row: place.row - first, column: Math.min(place.column, columns - 1) },
  };
}
