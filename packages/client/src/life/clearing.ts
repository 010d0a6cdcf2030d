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
import { MESSAGE, type MessageRecord } from '../chat/message-record.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { destroyEntry, type Why } from './destroy.ts';

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

/** From now on nothing up to the bounds is shown. */
export function markCleared(change: ChatChange, { mine, theirs, entries = 0 }: Bounds): void {
  const { record } = change;
  change.record = {
    ...record,
    clearing: true,
    clearedMine: Math.max(record.clearedMine ?? 0, mine),
    clearedTheirs: Math.max(record.clearedTheirs ?? 0, theirs),
    clearedEntries: Math.max(record.clearedEntries ?? 0, entries),
  };
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
    const { clearedMine = 0, clearedTheirs = 0, clearedEntries = 0 } = session.record;
    const bounds = { mine: clearedMine, theirs: clearedTheirs, entries: clearedEntries };
    let after: number | undefined = 0;
    while (after !== undefined && !session.forgotten) {
      const from: number = after;
      after = await session.change((change) => clearStep(change, from, bounds));
    }
  }
}

/** Returns how far it came; `undefined` at the end. If more was marked since the pass began, it was not the last one. */
async function clearStep(change: ChatChange, after: number, begun: Required<Bounds>): Promise<number | undefined> {
  const why: Why = change.record.state === 'ended' ? 'ended' : 'cleared';
  const page = await change.records.page(MESSAGE, { from: after + 1, limit: STEP });
  for (const { position, value } of page) {
    if (isCleared(change.record, position, value)) {
      await destroyEntry(change, position, value, why);
    }
  }
  const last = page.at(-1);
  const { clearing: _done, ...rest } = change.record;
  const { clearedMine = 0, clearedTheirs = 0, clearedEntries = 0 } = rest;
  const isSame = clearedMine <= begun.mine && clearedTheirs <= begun.theirs && clearedEntries <= begun.entries;
  if (last === undefined && isSame) {
    change.record = rest;
  }
  return last?.position;
}
