/**
 * Clearing a history on both sides, in steps: it may be long, and the program goes on meanwhile.
 *
 * What is to go is marked in the change that decides it; from then on it is not shown. It is destroyed in steps, and nothing is
 * sent before that has ended: so an `ack` that covers a `clear` says that it was executed. A kill in between is made up for
 * at the next start, before anything is shown.
 *
 * Spec: docs/protocol/content.md §3.4, docs/protocol/delivery.md §12.
 *
 * @module
 */

import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import { MESSAGE, type MessageRecord, MINE, THEIRS } from '../chat/message-record.ts';
import { GAP } from '../delivery/gap-record.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { destroyEntry } from './destroy.ts';

/** Entries that one change destroys. */
const STEP = 25;

/** Seqs up to which each side's entries go; and entries up to a number, whatever seq they have or get: files that go up have none. */
export interface Bounds {
  readonly mine: number;
  readonly theirs: number;
  readonly entries?: number;
}

/** Everything that is here. */
export const ALL: Bounds = {
  mine: Number.MAX_SAFE_INTEGER,
  theirs: Number.MAX_SAFE_INTEGER,
  entries: Number.MAX_SAFE_INTEGER,
};

/** Clears here, and asks the other side to; touches nothing that either side says later. */
export function clearHistory(change: ChatChange): void {
  const { nextSeq, nextN, got, surfaced, role } = change.record;
  const bounds = { mine: nextSeq - 1, theirs: Math.max(got, surfaced), entries: nextN - 1 };
  const [initiator, responder] = role === 'initiator' ? [bounds.mine, bounds.theirs] : [bounds.theirs, bounds.mine];
  enqueueContent(change, { type: 'clear', initiator, responder });
  markCleared(change, bounds);
}

/** The other side asks. */
export function clearedByThem(change: ChatChange, initiator: number, responder: number): void {
  const { role, sealedSeq } = change.record;
  const [mine, theirs] = role === 'initiator' ? [initiator, responder] : [responder, initiator];
  // They cannot have anything that was not sealed, nor a file that is still going up.
  markCleared(change, { mine: Math.min(mine, sealedSeq), theirs });
}

/** From now on nothing up to the bounds is shown. Does nothing if all of that was cleared before. */
export function markCleared(change: ChatChange, { mine, theirs, entries = 0 }: Bounds): void {
  const { record } = change;
  const { clearedMine = 0, clearedTheirs = 0, clearedEntries = 0 } = record;
  if (mine > clearedMine || theirs > clearedTheirs || entries > clearedEntries) {
    change.record = {
      ...record,
      clearing: true,
      clearedMine: Math.max(clearedMine, mine),
      clearedTheirs: Math.max(clearedTheirs, theirs),
      clearedEntries: Math.max(clearedEntries, entries),
    };
  }
}

/** Whether an entry is not to be shown any more. */
export function isCleared(
  { clearing, clearedMine = 0, clearedTheirs = 0, clearedEntries = 0 }: ChatSession['record'],
  n: number,
  { from, seq }: Pick<MessageRecord, 'from' | 'seq'>,
): boolean {
  const isBefore = seq > 0 && seq <= (from === 'me' ? clearedMine : clearedTheirs);
  return clearing === true && (isBefore || n <= clearedEntries);
}

/** Destroys what was marked; does nothing if nothing was. */
export async function finishClearing(session: ChatSession): Promise<void> {
  while (session.record.clearing === true && !session.forgotten) {
    await session.change(clearStep);
  }
}

/**
 * Destroys some of what is left; with nothing left it is done. Only what is to go is looked at: the other side may clear as often
 * as it likes, and the rest of a history may be long.
 */
async function clearStep(change: ChatChange): Promise<void> {
  const { records, record } = change;
  const found = await clearedEntries(change);
  for (const n of found) {
    const stored = await records.get(MESSAGE, n);
    if (stored !== undefined) {
      await destroyEntry(change, n, stored, record.state === 'ended' ? 'ended' : 'cleared');
    }
  }
  if (found.size === 0) {
    const { clearing: _done, ...rest } = record;
    change.record = rest;
  }
}

/** Numbers of some entries that are to go; every entry that has a seq is found by it. */
async function clearedEntries({ records, record }: ChatChange): Promise<Set<number>> {
  const { clearedMine = 0, clearedTheirs = 0, clearedEntries = 0 } = record;
  const page = await records.page(MESSAGE, { to: clearedEntries, limit: STEP });
  const found = new Set(page.map(({ position }) => position));
  const indexes = [
    [MINE, clearedMine],
    [THEIRS, clearedTheirs],
    [GAP, clearedTheirs],
  ] as const;
  for (const [kind, to] of indexes) {
    const room = STEP - found.size;
    const page = room > 0 ? await records.page<{ readonly n: number }>(kind, { to, limit: room }) : [];
    for (const { position, value } of page) {
      found.add(value.n);
      // Also if it leads nowhere: each step gets further.
      records.delete<{ readonly n: number }>(kind, position);
    }
  }
  return found;
}
