/**
 * A message that was opened, as rows: what it says, or its photo.
 *
 * @module
 */

import { harmless, shortName } from '../../../harmless.ts';
import type { SessionEvent } from '../../../session-event.ts';
import { countdownText } from '../../countdown-text.ts';
import { bodyText } from '../../sentences.ts';
import { pictureRows } from '../half-blocks.ts';
import { type Row, type Style, textRow } from '../row.ts';
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
      : [...body.slice(0, 1), ...pictureRows(picture, columns, rows - ROWS_ABOVE, colourDepth)]),
  ];
}

function endText(isSeenOnce: boolean, endsAt: number | undefined, now: number): string {
  if (isSeenOnce) {
    return 'It is destroyed when you close it.';
  }
  return endsAt === undefined ? '' : `It destroys itself in ${countdownText(endsAt - now)}.`;
}
