/**
 * Destroying an entry: its own key first, then everything else that is stored of it.
 *
 * Spec: docs/protocol/timers.md §6.
 *
 * @module
 */

import { deserializeCountdown } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { CONTENT, MESSAGE, type MessageRecord, MINE, THEIRS } from '../chat/message-record.ts';
import { GAP } from '../delivery/gap-record.ts';
import { ENVELOPE } from '../delivery/outbox-record.ts';
import { toGone } from '../delivery/sealing.ts';
import { forgetFile } from '../media/file-effects.ts';
import { receiptCame } from './awaited.ts';
import { removeDeadline } from './deadline-records.ts';
import { VIEWING } from './life-record.ts';

export type Why = 'timer' | 'deleted' | 'cleared' | 'ended';

/** In the change that stores it; doing it twice is harmless. */
export async function destroyEntry(change: ChatChange, n: number, stored: MessageRecord, why: Why): Promise<void> {
  const { records } = change;
  if (stored.kind === 'file') {
    // What it deletes on the relay is derived from what the entry says.
    await forgetFile(change, n);
  }
  records.deleteItem(CONTENT, n);
  records.delete(MESSAGE, n);
  if (stored.kind === 'missing') {
    await releaseLate(change, stored);
  } else if (stored.seq > 0) {
    records.delete(stored.from === 'me' ? MINE : THEIRS, stored.seq);
  }
  await stopCountdown(change, n, stored);
  if (stored.from === 'me') {
    withdraw(change, n, stored.seq);
  } else if (stored.state === 'received') {
    change.record = { ...change.record, unread: Math.max(0, change.record.unread - 1) };
  }
  change.events.push({ type: 'destroyed', chat: change.session.n, n, why });
}

/** What came late stood in the place of this entry, and stands by itself now; what still comes finds no place. */
async function releaseLate({ records }: ChatChange, { seq, late = [] }: MessageRecord): Promise<void> {
  records.delete(GAP, seq);
  for (const { n } of late) {
    const stored = await records.get(MESSAGE, n);
    if (stored !== undefined) {
      const { place: _gone, ...rest } = stored;
      records.put(MESSAGE, n, rest);
    }
  }
}

/** What the other side has not acknowledged goes out as `gone` in its place (content §3.4). */
function withdraw(change: ChatChange, n: number, seq: number): void {
  const entry = change.outbox.get(seq);
  if (entry?.n !== n) {
    return;
  }
  if (change.record.state === 'waiting' && seq === 1) {
    // A request cannot be sealed anew (handshake §4.5), and without it nothing else arrives: its envelope goes out as it is.
    const { n: _destroyed, ...rest } = entry;
    change.outbox.set(seq, rest);
    return;
  }
  change.outbox.set(seq, toGone(change, entry));
  change.records.delete(ENVELOPE, seq);
}

async function stopCountdown(change: ChatChange, n: number, { countdown }: MessageRecord): Promise<void> {
  if (countdown === undefined) {
    return;
  }
  const state = deserializeCountdown(countdown);
  if (state.phase === 'waiting' && state.role === 'sender') {
    receiptCame(change);
  }
  if (state.phase === 'viewing') {
    change.records.delete(VIEWING, n);
  }
  if (state.phase === 'running') {
    await removeDeadline(change, n, state.deadlineMs);
  }
}
