/**
 * A message as rows.
 *
 * @module
 */

import type { Message } from '@secret-chat/client';
import { harmless, oneLine } from '../../harmless.ts';
import { bodyText, dateText, timeText } from '../sentences.ts';
import { timerText } from '../timer-text.ts';
import { clip, type Row, rowOf, type Style, textRow, widthOf } from './row.ts';
import { wrap } from './wrap.ts';

/** Below it, rows begin with less. */
const NARROW = 50;
const NUMBER_WIDTH = 3;
const MARK_WIDTH = 2;

const MINE: Style = { bold: true, colour: 2 };
const THEIRS: Style = { bold: true, colour: 6 };
const FAINT: Style = { dim: true };

export interface EntryNames {
  /** How the other person is called; one line. */
  readonly theirs: string;
  /** The message that is answered; `undefined` if it is not known here. */
  quoted(n: number): Message | undefined;
}

export function entryRows(message: Message, columns: number, names: EntryNames): Row[] {
  const { n, from, at, timer, replyTo } = message;
  const isNarrow = columns < NARROW;
  const number = String(n).padStart(NUMBER_WIDTH);
  const left = `${number} ${isNarrow ? '' : `${timeText(at)} `}${markOf(message).padEnd(MARK_WIDTH)} `;
  const indent = isNarrow ? NUMBER_WIDTH + 1 : widthOf(left);
  const own = timer === 'off' ? '' : ` (${timerText(timer)})`;
  // In the form that wrapped text has, so that it is found in it.
  const name = `${from === 'me' ? 'You' : names.theirs}${own}: `.normalize();
  // The name is part of what is wrapped, so that nothing is wasted on it in the rows that follow.
  const before = isNarrow ? ' '.repeat(widthOf(left) - indent) : '';
  const [first = '', ...more] = wrap(`${before}${name}${harmless(bodyText(message))}`, columns - indent);
  const nameStyle = from === 'me' ? MINE : THEIRS;
  const textStyle = message.kind === 'text' ? {} : FAINT;
  const start = before.length + name.length;
  const firstRow = rowOf(
    { text: left, style: FAINT },
    { text: first.slice(before.length, start), style: nameStyle },
    { text: first.slice(start), style: textStyle },
  );
  const rows = more.map((line) => rowOf({ text: ' '.repeat(indent) + line, style: textStyle }));
  return [...quoteRows(replyTo, columns, indent, names), firstRow, ...rows];
}

/** Stands before the first message of a day. */
export function dayRow(at: number, columns: number): Row {
  const date = ` ${dateText(at)} `;
  const side = '─'.repeat(Math.max(2, Math.floor((columns - date.length) / 2)));
  return clip(textRow(`${side}${date}${side}`, FAINT), columns);
}

/** `·` waits on this device, `✓` the relay has it, `✓✓` they have read it; `●` theirs, not read yet. */
function markOf({ from, state, kind }: Message): string {
  if (from === 'them') {
    return state === 'received' ? '●' : '';
  }
  if (kind === 'destroyed') {
    return '';
  }
  return state === 'queued' ? '·' : state === 'read' ? '✓✓' : '✓';
}

function quoteRows(replyTo: number | undefined, columns: number, indent: number, names: EntryNames): Row[] {
  if (replyTo === undefined) {
    return [];
  }
  const quoted = names.quoted(replyTo);
  const who = quoted === undefined ? '' : quoted.from === 'me' ? ' You:' : ` ${names.theirs}:`;
  const said = quoted === undefined ? '' : ` ${oneLine(bodyText(quoted))}`;
  return [clip(textRow(`${' '.repeat(indent)}↳ ${replyTo}${who}${said}`, FAINT), columns)];
}
