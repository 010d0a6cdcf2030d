/**
 * A message that was opened, as rows: what it says, or its photo.
 *
 * @module
 */

import { harmless, shortName } from '../../../harmless.ts';
import type { Picture } from '../../../photos/photos.ts';
import type { SessionEvent } from '../../../session-event.ts';
import { countdownText } from '../../countdown-text.ts';
import { bodyText } from '../../sentences.ts';
import { pictureRows } from '../half-blocks.ts';
import { type Row, rowWidth, type Style, textRow } from '../row.ts';
import { wrap } from '../wrap.ts';
import type { Space } from './panel.ts';

const TITLE: Style = { bold: true };
const FAINT: Style = { dim: true };
/** Above the picture: the title, and what it is. */
const ROWS_ABOVE = 3;

export function viewerPanel(
  { message, picture }: Extract<SessionEvent, { type: 'view' }>,
  theirName: string,
  { columns, rows, now }: Space,
  colourDepth: number,
): Row[] {
  const who = message.from === 'me' ? 'you' : shortName(theirName);
  const body = wrap(harmless(bodyText(message)), columns).map((line) => textRow(line));
  return [
    textRow(`Message ${message.n} from ${who}`, TITLE),
    textRow(endText(message.timer === 'once' && message.from === 'them', message.endsAt, now), FAINT),
    ...(picture === undefined
      ? body
      : [...body.slice(0, 1), ...drawingRows(picture, columns, rows - ROWS_ABOVE, colourDepth)]),
  ];
}

/** In half blocks, and to be drawn over them by a terminal that can. */
function drawingRows({ png, ...pixels }: Picture, columns: number, maxRows: number, colourDepth: number): Row[] {
  const [first, ...more] = pictureRows(pixels, columns, maxRows, colourDepth);
  if (first === undefined || png === undefined) {
    return first === undefined ? [] : [first, ...more];
  }
  return [{ ...first, drawing: { png, columns: rowWidth(first), rows: 1 + more.length } }, ...more];
}

function endText(isSeenOnce: boolean, endsAt: number | undefined, now: number): string {
  if (isSeenOnce) {
    return 'It is destroyed when you close it.';
  }
  return endsAt === undefined ? '' : `It destroys itself in ${countdownText(endsAt - now)}.`;
}
