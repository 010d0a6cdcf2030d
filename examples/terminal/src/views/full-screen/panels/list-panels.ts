/**
 * Lists as rows: chats, requests, invites, commands.
 *
 * @module
 */

import type { Invite } from '@secret-chat/client';
import { oneLine, shortName } from '../../../harmless.ts';
import type { ChatSummary, CommandHelp, SessionEvent } from '../../../session-event.ts';
import { CHAT_STATES, dateText, timeText } from '../../sentences.ts';
import { type Row, textRow } from '../row.ts';
import { wrap } from '../wrap.ts';

const KEYS =
  'Enter sends, Alt+Enter begins a new line. PageUp and PageDown scroll, arrow up brings back what you typed, Tab ' +
  'completes a command, Esc closes what is shown here, Ctrl-C leaves.';
const MARKS =
  'Your messages: · waits on this device, ✓ the relay has it, ✓✓ they have read it. Theirs: ● not read yet, … about to be shown.';

export function chatsPanel(chats: readonly ChatSummary[], columns: number): Row[] {
  const items = chats.map(({ chat, name, state, verified, unread, inFocus }) => {
    const marks = [CHAT_STATES[state], verified ? 'verified' : '', unread > 0 ? `${unread} unread` : ''];
    const about = marks.filter((mark) => mark !== '').join(', ');
    return `${inFocus ? '*' : ' '} ${String(chat).padStart(2)}  ${shortName(name)} (${about})`;
  });
  return list('Chats', items, 'There is none. /invite makes an invite, /join <link> uses one.', columns, [
    '/chat <number> goes to another one.',
  ]);
}

export function requestsPanel(
  requests: readonly { readonly chat: number; readonly name: string; readonly text?: string | undefined }[],
  columns: number,
): Row[] {
  const items = requests.map(({ chat, name, text = '' }) => {
    const says = text === '' ? '' : ` and says: ${oneLine(text)}`;
    return `  ${String(chat).padStart(2)}  ${shortName(name)} asks you for a chat${says}`;
  });
  return list('Requests', items, 'There is none.', columns, [
    'Anyone can choose any name: /accept only whom you expect, and compare the fingerprint then.',
    '/accept lets them in, /reject forgets the request, /block drops later ones too. Add the number if there are several.',
  ]);
}

export function invitesPanel(invites: readonly Invite[], columns: number): Row[] {
  const items = invites.map(({ n, link, reusable, expiresAt }) => {
    const use = reusable ? 'for several people' : 'for one person';
    return `  ${String(n).padStart(2)}  ${use}, until ${dateText(expiresAt)} ${timeText(expiresAt)}: ${link}`;
  });
  return list('Invites', items, 'There is none. /invite makes one.', columns, ['/revoke <number> makes one useless.']);
}

export function helpPanel({ commands }: Extract<SessionEvent, { type: 'help' }>, columns: number): Row[] {
  const usages = commands.map(commandUsage);
  const width = Math.max(...usages.map(({ length }) => length)) + 2;
  const items = commands.map(({ does }, i) => helpItem(usages[i] ?? '', does, width, columns));
  return list('Commands', items, '', columns, [
    'Everything else you type is sent; // begins a text with a slash.',
    KEYS,
    MARKS,
  ]);
}

/** What the command does stands in a column of its own, or below where there is no room for one. */
function helpItem(usage: string, does: string, width: number, columns: number): string {
  const isNarrow = columns < width * 2;
  const indent = isNarrow ? 2 : width;
  const lines = wrap(does, columns - indent).map((line) => ' '.repeat(indent) + line);
  return isNarrow ? [usage, ...lines].join('\n') : usage + lines.join('\n').slice(usage.length);
}

function commandUsage({ name, usage }: CommandHelp): string {
  return `/${name} ${usage}`.trim();
}

function list(
  title: string,
  items: readonly string[],
  nothing: string,
  columns: number,
  hints: readonly string[],
): Row[] {
  const wrapped = (text: string) => wrap(text, columns).map((line) => textRow(line));
  return [
    textRow(title, { bold: true }),
    ...(items.length === 0 ? [nothing] : items).flatMap(wrapped),
    textRow(''),
    ...hints.flatMap(wrapped),
  ];
}
