/**
 * Texts in rows of a width.
 *
 * @module
 */

import wrapAnsi from 'wrap-ansi';

/** A terminal of any size shows something. */
const LEAST_COLUMNS = 10;

/**
 * Lines of at most `columns` columns, broken between words where that is possible; line breaks of the text stay.
 *
 * The lines are in Unicode's composed form (NFC), whatever the text is in.
 */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = wrapAnsi(paragraph, Math.max(LEAST_COLUMNS, columns), { hard: true, trim: false }).split('\n');
    // The space between two words is where the line was broken.
    return lines.map((line, i) => (i > 0 && line.startsWith(' ') ? line.slice(1) : line));
  });
}
