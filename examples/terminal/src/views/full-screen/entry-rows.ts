/**
 * A message as rows.
 *
 * @module
 */

import type { FileProgress, Message } from '@secret-chat/client';
import { harmless, oneLine } from '../../harmless.ts';
import { blurredPreview } from '../../photos/thumb-hash.ts';
import { isVeiled } from '../../veil.ts';
import { countdownText } from '../countdown-text.ts';
import { bodyText, dateText, timeText } from '../sentences.ts';
import { timerText } from '../timer-text.ts';
import { pictureRows } from './half-blocks.ts';
import { progressBar } from './progress-bar.ts';
import { clip, type Row, rowOf, type Style, textRow, widthOf } from './row.ts';
import { wrap } from './wrap.ts';

/** Below it, rows begin with less. */
const NARROW = 50;
const NUMBER_WIDTH = 3;
const MARK_WIDTH = 2;
/** Of a blurred preview: there is no more in it to be seen. */
const PREVIEW_COLUMNS = 24;
const PREVIEW_ROWS = 8;

const MINE: Style = { bold: true, colour: 2 };
const THEIRS: Style = { bold: true, colour: 6 };
const FAINT: Style = { dim: true };

/** What a message is shown with. */
export interface Setting {
  /** How the other person is called; one line. */
  readonly theirs: string;
  /** Unix time in milliseconds. */
  readonly now: number;
  readonly colourDepth: number;
  /** The message that is answered; `undefined` if it is not known here. */
  quoted(n: number): Message | undefined;
  /** How far the message's file is; `undefined` if nothing of it is under way. */
  progress(n: number): FileProgress | undefined;
}

export function entryRows(message: Message, columns: number, setting: Setting): Row[] {
  const { n, from, at, replyTo } = message;
  const isNarrow = columns < NARROW;
  const number = String(n).padStart(NUMBER_WIDTH);
  const left = `${number} ${isNarrow ? '' : `${timeText(at)} `}${markOf(message).padEnd(MARK_WIDTH)} `;
  const indent = isNarrow ? NUMBER_WIDTH + 1 : widthOf(left);
  // In the form that wrapped text has, so that it is found in it.
  const name = `${from === 'me' ? 'You' : setting.theirs}${lifeOf(message, setting.now)}: `.normalize();
  // The name is part of what is wrapped, so that nothing is wasted on it in the rows that follow.
  const before = isNarrow ? ' '.repeat(widthOf(left) - indent) : '';
  const [first = '', ...more] = wrap(`${before}${name}${harmless(shownText(message, setting.now))}`, columns - indent);
  const nameStyle = from === 'me' ? MINE : THEIRS;
  const textStyle = message.kind === 'text' ? {} : FAINT;
  const start = before.length + name.length;
  const firstRow = rowOf(
    { text: left, style: FAINT },
    { text: first.slice(before.length, start), style: nameStyle },
    { text: first.slice(start), style: textStyle },
  );
  const rows = more.map((line) => rowOf({ text: ' '.repeat(indent) + line, style: textStyle }));
  return [
    ...quoteRows(replyTo, columns, indent, setting),
    firstRow,
    ...rows,
    ...previewRows(message, columns - indent, setting).map((row) => indented(row, indent)),
    ...progressRows(setting.progress(n), columns, indent),
  ];
}

/** Stands before the first message of a day. */
export function dayRow(at: number, columns: number): Row {
  const date = ` ${dateText(at)} `;
  const side = '─'.repeat(Math.max(2, Math.floor((columns - date.length) / 2)));
  return clip(textRow(`${side}${date}${side}`, FAINT), columns);
}

/** Its timer, or what is left of it. */
function lifeOf({ timer, endsAt }: Message, now: number): string {
  if (timer === 'off') {
    return '';
  }
  return endsAt === undefined ? ` (${timerText(timer)})` : ` (${countdownText(endsAt - now)} left)`;
}

/** A machine may have slept: what is over is not shown, even if nobody has destroyed it yet. */
function shownText(message: Message, now: number): string {
  return isVeiled(message) || isOver(message, now) ? '…' : bodyText(message);
}

function isOver({ endsAt }: Message, now: number): boolean {
  return endsAt !== undefined && endsAt <= now;
}

/** What is known of a photo before it is opened: blurred colours. */
function previewRows(message: Message, columns: number, { now, colourDepth }: Setting): Row[] {
  const hash = message.kind === 'hidden' ? message.preview : message.kind === 'file' ? message.file.preview : undefined;
  const pixels = hash === undefined || isOver(message, now) ? undefined : blurredPreview(hash);
  return pixels === undefined ? [] : pictureRows(pixels, Math.min(columns, PREVIEW_COLUMNS), PREVIEW_ROWS, colourDepth);
}

function progressRows(progress: FileProgress | undefined, columns: number, indent: number): Row[] {
  return progress === undefined ? [] : [clip(indented(textRow(progressBar(progress), FAINT), indent), columns)];
}

function indented(row: Row, indent: number): Row {
  return rowOf({ text: ' '.repeat(indent) }, ...row.spans);
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

function quoteRows(replyTo: number | undefined, columns: number, indent: number, setting: Setting): Row[] {
  if (replyTo === undefined) {
    return [];
  }
  const quoted = setting.quoted(replyTo);
  const who = quoted === undefined ? '' : quoted.from === 'me' ? ' You:' : ` ${setting.theirs}:`;
  const said = quoted === undefined ? '' : ` ${oneLine(shownText(quoted, setting.now))}`;
  return [clip(textRow(`${' '.repeat(indent)}↳ ${replyTo}${who}${said}`, FAINT), columns)];
}
