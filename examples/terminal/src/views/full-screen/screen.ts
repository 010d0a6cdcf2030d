/**
 * The whole screen as a function of what is to be seen: status line, history or panel, note, input line.
 *
 * @module
 */

import type { Message } from '@secret-chat/client';
import { oneLine } from '../../harmless.ts';
import { countdownChangesIn } from '../countdown-text.ts';
import type { Editor } from './editor.ts';
import type { Setting } from './entry-rows.ts';
import { type Header, headerRow } from './header-row.ts';
import { historyRows } from './history-rows.ts';
import { inputRows } from './input-rows.ts';
import type { Frame } from './painter.ts';
import type { Panel } from './panels/panel.ts';
import { clip, type Row, type Style, textRow, widthOf } from './row.ts';
import type { Size } from './terminal.ts';
import { wrap } from './wrap.ts';

const MAX_NOTE_ROWS = 3;
/** The input line takes at most this part of the rows. */
const INPUT_PART = 3;
const MORE_BELOW = 'PageDown shows more, Esc closes';
const NEWER_BELOW = 'newer messages are below: PageDown';
const WELCOME: readonly string[] = [
  'No chat yet.',
  '/invite makes an invite, /join <link> uses one, /help lists the rest.',
];
const NOTE: Style = { colour: 3 };
const ERROR: Style = { bold: true, colour: 1 };
const HINT: Style = { dim: true };

export interface Note {
  readonly text: string;
  readonly isError: boolean;
}

export interface Scene {
  readonly header: Header;
  readonly panel: Panel | undefined;
  readonly entries: readonly Message[];
  readonly setting: Setting;
  /** Rows below the screen (history), rows above it (panel). */
  readonly scroll: number;
  readonly note: Note | undefined;
  readonly editor: Editor;
  /** Stands in the place of the input line: a secret is being typed, which is not shown, or a viewer wants to be closed. */
  readonly question: string | undefined;
}

export interface Screen {
  readonly frame: Frame;
  /** Where the user really is, in what can be scrolled. */
  readonly scroll: number;
  /** Rows of history or panel that are seen at a time. */
  readonly page: number;
  /** Nothing that is known is above. */
  readonly atTop: boolean;
  /** Messages that are on the screen. */
  readonly shown: readonly Message[];
  /** In how many milliseconds a countdown on it looks different. */
  readonly changesInMs: number | undefined;
}

/** What is seen while a profile is locked: nothing. */
export function lockedScreen(asked: string, { columns, rows }: Size): Frame {
  const { rows: asking, cursor } = question(asked, columns);
  const above = Array.from({ length: Math.max(0, rows - asking.length) }, () => textRow(''));
  return { rows: [...above, ...asking], cursor: { row: above.length, column: cursor.column } };
}

export function screen(scene: Scene, { columns, rows }: Size): Screen {
  const input =
    scene.question === undefined
      ? inputRows(scene.editor, columns, Math.max(1, Math.floor(rows / INPUT_PART)))
      : question(scene.question, columns);
  const note = scene.note === undefined ? [] : noteRows(scene.note, columns);
  const height = Math.max(1, rows - 1 - note.length - input.rows.length);
  const body = scene.panel === undefined ? history(scene, columns, height) : panel(scene.panel, scene, columns, height);
  // A hint takes the place of the body's last row, if there is no note.
  const hint = note.length === 0 && body.hint !== undefined ? [clip(textRow(body.hint, HINT), columns)] : [];
  const bodyRows = hint.length === 0 ? body.rows : body.rows.slice(0, Math.max(0, height - 1));
  const all = [headerRow(scene.header, columns), ...bodyRows, ...hint, ...note, ...input.rows].slice(-rows);
  const inputTop = all.length - input.rows.length;
  return {
    frame: {
      rows: all.map((row) => (row.flowsOn === true ? row : clip(row, columns))),
      cursor: { row: inputTop + input.cursor.row, column: input.cursor.column },
    },
    scroll: body.scroll,
    page: Math.max(1, height - 2),
    atTop: body.atTop,
    shown: body.shown,
    changesInMs: changesIn(
      scene.panel?.viewed === undefined ? body.shown : [scene.panel.viewed.message],
      scene.setting.now,
    ),
  };
}

function changesIn(messages: readonly Message[], now: number): number | undefined {
  const left = messages.map(({ endsAt = 0 }) => endsAt - now).filter((ms) => ms > 0);
  return left.length === 0 ? undefined : Math.min(...left.map(countdownChangesIn));
}

interface Body {
  /** As many as there is room for. */
  readonly rows: readonly Row[];
  readonly scroll: number;
  readonly atTop: boolean;
  readonly shown: readonly Message[];
  readonly hint: string | undefined;
}

/** The newest message is the lowest, just above the input line. */
function history(scene: Scene, columns: number, height: number): Body {
  const { header, entries, setting, scroll } = scene;
  if (header.chat === undefined) {
    return panel(
      { kind: 'other', rows: () => WELCOME.flatMap((line) => wrap(line, columns).map((row) => textRow(row, HINT))) },
      { ...scene, scroll: 0 },
      columns,
      height,
    );
  }
  // One row less while a hint takes it.
  const room = scroll > 0 ? Math.max(1, height - 1) : height;
  const { rows, scrolled, atTop, shown } = historyRows(entries, columns, room, scroll, setting);
  const above = Array.from({ length: room - rows.length }, () => textRow(''));
  const below = Array.from({ length: height - room }, () => textRow(''));
  return {
    rows: [...above, ...rows, ...below],
    scroll: scrolled,
    atTop,
    shown,
    hint: scroll > 0 ? NEWER_BELOW : undefined,
  };
}

function panel({ rows: rowsFor }: Panel, { scroll, setting }: Scene, columns: number, height: number): Body {
  const all = rowsFor({ columns, rows: height, now: setting.now });
  const scrolled = Math.max(0, Math.min(scroll, all.length - height));
  const rows = all.slice(scrolled, scrolled + height);
  const below = Array.from({ length: height - rows.length }, () => textRow(''));
  const isMore = scrolled + height < all.length;
  return {
    rows: [...rows, ...below],
    scroll: scrolled,
    atTop: false,
    shown: [],
    hint: isMore ? MORE_BELOW : undefined,
  };
}

function noteRows({ text, isError }: Note, columns: number): Row[] {
  return wrap(oneLine(text), columns)
    .slice(0, MAX_NOTE_ROWS)
    .map((line) => textRow(line, isError ? ERROR : NOTE));
}

function question(text: string, columns: number) {
  const row = clip(textRow(text, { bold: true }), columns - 1);
  return { rows: [row], cursor: { row: 0, column: Math.min(widthOf(text), columns - 1) } };
}
