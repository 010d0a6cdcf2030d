/**
 * An invite as rows: what the other person types, and a code to scan.
 *
 * @module
 */

import type { SessionEvent } from '../../../session-event.ts';
import { dateText, timeText } from '../../sentences.ts';
import { type Row, rowOf, type Style, textRow } from '../row.ts';
import { wrap } from '../wrap.ts';

const TITLE: Style = { bold: true };
const FAINT: Style = { dim: true };
/** Black on white, whatever the colours of the terminal: cameras want it so. */
const CODE: Style = { colour: 16, background: 231 };
/** Without colours, on the usual dark ground, what is drawn is the light part. */
const MIN_DEPTH = 4;

/** Modules of a QR code, row by row; true is dark. */
export type QrModules = readonly (readonly boolean[])[];

export function invitePanel(
  { invite, command }: Extract<SessionEvent, { type: 'invite' }>,
  modules: QrModules,
  columns: number,
  colourDepth: number,
): Row[] {
  const use = invite.reusable ? 'several people can use it' : 'for one person';
  const about = `Invite ${invite.n}: ${use}, until ${dateText(invite.expiresAt)} ${timeText(invite.expiresAt)}.`;
  const reach = invite.loopback ? ' Only this machine can reach its relay.' : '';
  return [
    ...paragraph(`${about}${reach} Whoever has it can ask you for a chat: give it to nobody else.`, columns, FAINT),
    textRow(''),
    textRow('In the second terminal:', TITLE),
    ...unbroken(command, columns),
    textRow(''),
    textRow('Or the invite alone:', TITLE),
    ...unbroken(invite.link, columns),
    textRow(''),
    ...code(modules, columns, colourDepth),
  ];
}

/** A text that is copied as one line, however many rows it takes. */
function unbroken(text: string, columns: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < text.length; at += columns) {
    rows.push({ ...textRow(text.slice(at, at + columns)), flowsOn: at + columns < text.length });
  }
  return rows;
}

function paragraph(text: string, columns: number, style: Style): Row[] {
  return wrap(text, columns).map((line) => textRow(line, style));
}

/** Two modules above each other in one character. */
function code(modules: QrModules, columns: number, colourDepth: number): Row[] {
  const size = modules.length;
  if (size > columns) {
    return paragraph(`(The QR code needs ${size} columns: make the window wider.)`, columns, FAINT);
  }
  const isDrawn = (row: number, column: number) => {
    const isDark = modules[row]?.[column] ?? false;
    return colourDepth < MIN_DEPTH ? !isDark : isDark;
  };
  return Array.from({ length: Math.ceil(size / 2) }, (_, row) => {
    const text = Array.from({ length: size }, (_, column) =>
      half(isDrawn(row * 2, column), row * 2 + 1 < size && isDrawn(row * 2 + 1, column)),
    );
    return rowOf({ text: text.join(''), style: colourDepth < MIN_DEPTH ? {} : CODE });
  });
}

function half(upper: boolean, lower: boolean): string {
  if (upper) {
    return lower ? '█' : '▀';
  }
  return lower ? '▄' : ' ';
}
