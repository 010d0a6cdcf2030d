/**
 * The fingerprint of a chat as rows: the picture, the digits and the words.
 *
 * @module
 */

import { digitsToText, PICTURE_COLOURS, PICTURE_SIZE, wordsToText } from '@secret-chat/crypto';
import { shortName } from '../../../harmless.ts';
import type { SessionEvent } from '../../../session-event.ts';
import { type Row, rowOf, type Span, type Style, textRow } from '../row.ts';
import { wrap } from '../wrap.ts';

const TITLE: Style = { bold: true };
/** Black and blue are too dark for a black letter. */
const DARK_CELLS: readonly number[] = [0, 5];
const BLACK = 16;
const WHITE = 231;
const GAP = '   ';
/** Picture and words beside each other. */
const WIDE = 80;

export function fingerprintPanel(
  { name, verified, fingerprint }: Extract<SessionEvent, { type: 'fingerprint' }>,
  columns: number,
): Row[] {
  const how =
    'Compare it with theirs over a way on which you recognise each other: side by side, a call, a video. One of the ' +
    'three is enough if you compare all of it; the picture alone shows a change at a glance.';
  const texts = [
    textRow('Digits', TITLE),
    ...rows(digitsToText(fingerprint.digits).split('\n')),
    textRow(''),
    textRow('Words', TITLE),
    ...rows(wrap(wordsToText(fingerprint.words), Math.min(columns, WIDE))),
  ];
  const picture = pictureRows(fingerprint.picture);
  return [
    textRow(`Fingerprint of the chat with ${shortName(name)}`, TITLE),
    ...rows(wrap(how, columns)),
    textRow(''),
    ...(columns < WIDE ? [...texts, textRow(''), ...picture] : beside(picture, texts)),
    textRow(''),
    ...rows(wrap(verified ? 'You marked it as compared.' : 'The same? /verified remembers it.', columns)),
  ];
}

/** Cells of two columns, which is about square; a glyph in each tells colours apart where there are none. */
function pictureRows(picture: readonly number[]): Row[] {
  return Array.from({ length: PICTURE_SIZE }, (_, row) =>
    rowOf(...picture.slice(row * PICTURE_SIZE, (row + 1) * PICTURE_SIZE).map(cell)),
  );
}

function cell(colour: number): Span {
  const { xterm = BLACK, glyph = '?' } = PICTURE_COLOURS[colour] ?? {};
  return {
    text: ` ${glyph}`,
    style: { colour: DARK_CELLS.includes(colour) ? WHITE : BLACK, background: xterm },
  };
}

function beside(left: readonly Row[], right: readonly Row[]): Row[] {
  return left.map((row, i) => rowOf(...row.spans, { text: GAP }, ...(right[i]?.spans ?? [])));
}

function rows(lines: readonly string[]): Row[] {
  return lines.map((line) => textRow(line));
}
