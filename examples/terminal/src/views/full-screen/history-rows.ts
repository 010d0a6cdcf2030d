/**
 * The part of a history that fits the screen.
 *
 * @module
 */

import type { Message } from '@secret-chat/client';
import { dateText } from '../sentences.ts';
import { dayRow, entryRows, type Setting } from './entry-rows.ts';
import type { Row } from './row.ts';

export interface HistoryRows {
  readonly rows: readonly Row[];
  /** How many rows below the lowest are not shown: what was asked for, or less where there is nothing above. */
  readonly scrolled: number;
  /** The first message that is known is on the screen. */
  readonly atTop: boolean;
  /** Messages of which something is on the screen. */
  readonly shown: readonly Message[];
}

/**
 * Lays out messages from the newest up, as far as they are seen.
 *
 * @param scroll how many rows from the lowest on are below the screen
 */
export function historyRows(
  entries: readonly Message[],
  columns: number,
  height: number,
  scroll: number,
  setting: Setting,
): HistoryRows {
  const blocks: { readonly message: Message; readonly rows: readonly Row[] }[] = [];
  let total = 0;
  let next = entries.length - 1;
  for (; next >= 0 && total < scroll + height; next--) {
    const rows = rowsOf(entries, next, columns, setting);
    blocks.unshift({ message: entries[next] as Message, rows });
    total += rows.length;
  }
  const scrolled = Math.max(0, Math.min(scroll, total - height));
  const bottom = total - scrolled;
  const top = Math.max(0, bottom - height);
  const shown: Message[] = [];
  let at = 0;
  for (const { message, rows } of blocks) {
    if (at < bottom && at + rows.length > top) {
      shown.push(message);
    }
    at += rows.length;
  }
  return {
    rows: blocks.flatMap(({ rows }) => rows).slice(top, bottom),
    scrolled,
    atTop: next < 0 && top === 0,
    shown,
  };
}

function rowsOf(entries: readonly Message[], index: number, columns: number, setting: Setting): Row[] {
  const message = entries[index] as Message;
  const before = entries[index - 1];
  const isNewDay = before === undefined || dateText(before.at) !== dateText(message.at);
  return [...(isNewDay ? [dayRow(message.at, columns)] : []), ...entryRows(message, columns, setting)];
}
