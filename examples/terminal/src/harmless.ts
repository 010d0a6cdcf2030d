/**
 * Text from elsewhere, made harmless for a terminal: nothing that others wrote may move the cursor, change the order of
 * what is on the screen, or hide.
 *
 * Controls are shown as pictures (`␛`), everything else that has no shape of its own by its number (`‹U+202E›`).
 *
 * @module
 */

/** First of the Unicode pictures of the controls 00 to 1F. */
const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const PICTURE_OF_DELETE = '␡';
const PICTURE_OF_LINE_BREAK = '↵';
const REPLACEMENT = '\ufffd';

/** Terminals would jump to a column that depends on where the text stands. */
const TAB = '    ';

/** A name is a label beside other things; longer ones are cut. */
const MAX_NAME_GRAPHEMES = 24;
const NO_NAME = '‹no name›';

/**
 * Controls (C0, C1, DEL), halves of characters, line and paragraph separators, format characters (among them all that
 * change the direction of writing, and the byte order mark), and everything else that is not seen (among them tags).
 */
const HAZARD = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** What texts need of it: joiners (Persian, Indic, emoji), variants of characters, and format characters that are seen. */
const NEEDED =
  /\u034f|\u200c|\u200d|[\ufe00-\ufe0f]|[\u180b-\u180d\u180f]|[\u{e0100}-\u{e01ef}]|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

/** The text with nothing in it that drives a terminal; line breaks (`\n`) stay. */
export function harmless(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', TAB)
    .replace(HAZARD, (hazard) => (hazard === '\n' ? hazard : shown(hazard)));
}

/** The same on one line: line breaks are shown as `↵`. */
export function oneLine(text: string): string {
  return harmless(text).replaceAll('\n', PICTURE_OF_LINE_BREAK);
}

/** A name: one line, never blank, at most 24 characters as people count them. */
export function shortName(name: string): string {
  const line = oneLine(name).trim();
  const graphemes = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  if (graphemes.length > MAX_NAME_GRAPHEMES) {
    return `${graphemes.slice(0, MAX_NAME_GRAPHEMES - 1).join('')}…`;
  }
  return line === '' ? NO_NAME : line;
}

/** JSON of `value` on one line, with hazards escaped: it parses to the same value. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replace(HAZARD, (hazard) => (NEEDED.test(hazard) ? hazard : escaped(hazard)));
}

function shown(hazard: string): string {
  const code = hazard.codePointAt(0) as number;
  if (code < 0x20) {
    return String.fromCodePoint(CONTROL_PICTURES + code);
  }
  if (code === DELETE) {
    return PICTURE_OF_DELETE;
  }
  if (code >= 0xd800 && code <= 0xdfff) {
    return REPLACEMENT;
  }
  return NEEDED.test(hazard) ? hazard : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
}

/** Every UTF-16 unit as `\uXXXX`. */
function escaped(hazard: string): string {
  return Array.from(
    { length: hazard.length },
    (_, i) => `\\u${hazard.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}
