/**
 * The status line: whom one talks to, whether that is certain, and whether it goes through.
 *
 * @module
 */

import type { ChatState, LinkState } from '@secret-chat/client';
import type { TimerValue } from '@secret-chat/crypto';
import { shortName } from '../../harmless.ts';
import { CHAT_STATES } from '../sentences.ts';
import { timerText } from '../timer-text.ts';
import { clip, fill, type Row, rowOf, type Span, type Style } from './row.ts';

const BAR: Style = { inverse: true };
const NAME: Style = { inverse: true, bold: true };

export interface Header {
  readonly chat:
    | {
        readonly n: number;
        readonly name: string;
        readonly state: ChatState;
        readonly verified: boolean;
        readonly timer: TimerValue;
        readonly typing: boolean;
        /** Messages that the other side was asked to destroy, and has not said that it did. */
        readonly deletions: number;
      }
    | undefined;
  readonly links: readonly LinkState[];
  readonly unreadElsewhere: number;
  readonly profile: string;
}

export function headerRow({ chat, links, unreadElsewhere, profile }: Header, columns: number): Row {
  const parts: Span[] =
    chat === undefined
      ? [{ text: ' no chat yet', style: NAME }]
      : [
          { text: ` ${shortName(chat.name)}`, style: NAME },
          part(chat.verified ? '✓ verified' : 'not verified: /verify'),
          ...(chat.state === 'open' ? [] : [part(CHAT_STATES[chat.state])]),
          ...(chat.typing ? [part('typing…')] : []),
          ...(chat.timer === 'off' ? [] : [part(`timer ${timerText(chat.timer)}`)]),
          ...(chat.deletions === 0 ? [] : [part(`${chat.deletions} not deleted there yet`)]),
        ];
  parts.push(part(connection(links)));
  if (unreadElsewhere > 0) {
    parts.push(part(`${unreadElsewhere} unread elsewhere: /chats`));
  }
  parts.push(part(chat === undefined ? `profile ${profile}` : `chat ${chat.n}, profile ${profile}`));
  return fill(clip(rowOf(...parts, { text: ' ', style: BAR }), columns), columns);
}

function part(text: string): Span {
  return { text: ` · ${text}`, style: BAR };
}

/** The worst of the links: what is written may wait. */
function connection(links: readonly LinkState[]): string {
  const states = links.map(({ state }) => state);
  if (states.includes('waiting')) {
    return 'offline';
  }
  if (states.includes('connecting')) {
    return 'connecting…';
  }
  return states.includes('online') ? 'online' : 'not connected';
}
