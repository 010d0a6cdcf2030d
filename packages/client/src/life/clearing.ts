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
const STEP = 100;

/** Seqs up to which each side's entries go. */
export interface Bounds {
  readonly mine: number;
  readonly theirs: number;
}

/** Everything that is here. */
export const ALL: Bounds = { mine: Number.MAX_SAFE_INTEGER, theirs: Number.MAX_SAFE_INTEGER };

/** Clears here, and asks the other side to; touches nothing that either side says later. */
export function clearHistory(change: ChatChange): void {
  const { nextSeq, got, surfaced, role } = change.record;
  const bounds = { mine: nextSeq - 1, theirs: Math.max(got, surfaced) };
  const [initiator, responder] = role === 'initiator' ? [bounds.mine, bounds.theirs] : [bounds.theirs, bounds.mine];
  enqueueContent(change, { type: 'clear', initiator, responder });
  markCleared(change, bounds);
}

/** The other side asks. */
export function clearedByThem(change: ChatChange, initiator: number, responder: number): void {
  const { role, sealedSeq } = change.record;
  const [mine, theirs] = role === 'initiator' ? [initiator, responder] : [responder, initiator];
  // They cannot have anything that was not sealed.
  markCleared(change, { mine: Math.min(mine, sealedSeq), theirs });
}

/** From now on nothing up to the bounds is shown. */
export function markCleared(change: ChatChange, { mine, theirs }: Bounds): void {
  const { record } = change;
  change.record = {
    ...record,
    clearing: true,
    clearedMine: Math.max(record.clearedMine ?? 0, mine),
    clearedTheirs: Math.max(record.clearedTheirs ?? 0, theirs),
  };
}

/** Whether an entry is not to be shown any more. */
export function isCleared(
  { clearing, clearedMine = 0, clearedTheirs = 0 }: ChatSession['record'],
  { from, seq }: Pick<MessageRecord, 'from' | 'seq'>,
): boolean {
  return clearing === true && seq <= (from === 'me' ? clearedMine : clearedTheirs);
}

/** Destroys what was marked; does nothing if nothing was. */
export async function finishClearing(session: ChatSession): Promise<void> {
  while (session.record.clearing === true && !session.forgotten) {
    const { clearedMine, clearedTheirs } = session.record;
    const bounds = { mine: clearedMine ?? 0, theirs: clearedTheirs ?? 0 };
    let after: number | undefined = 0;
    while (after !== undefined && !session.forgotten) {
      const from: number = after;
      after = await session.change((change) => clearStep(change, from, bounds));
    }
  }
}

/** Returns how far it came; `undefined` at the end. If more was marked since the pass began, it was not the last one. */
async function clearStep(change: ChatChange, after: number, begun: Bounds): Promise<number | undefined> {
  const why: Why = change.record.state === 'ended' ? 'ended' : 'cleared';
  const page = await change.records.page(MESSAGE, { from: after + 1, limit: STEP });
  for (const { position, value } of page) {
    if (isCleared(change.record, value)) {
      await destroyEntry(change, position, value, why);
    }
  }
  const last = page.at(-1);
  const { clearing: _done, ...rest } = change.record;
  if (last === undefined && (rest.clearedMine ?? 0) <= begun.mine && (rest.clearedTheirs ?? 0) <= begun.theirs) {
    change.record = rest;
  }
  return last?.position;
}
