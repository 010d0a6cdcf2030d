/**
 * Countdowns of the entries of a chat: every step is stored in the change that causes it.
 *
 * Spec: docs/protocol/timers.md §4 and §9.
 *
 * @module
 */

import { type CountdownEvent, deserializeCountdown, serializeCountdown, stepCountdown } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { MESSAGE, type MessageRecord } from '../chat/message-record.ts';
import { receiptCame } from './awaited.ts';
import { addDeadline, removeDeadline } from './deadline-records.ts';
import { destroyEntry } from './destroy.ts';
import { DEADLINE, VIEWING } from './life-record.ts';

/**
 * Lets something happen to an entry's countdown. Returns the entry as it is afterwards; `undefined` when it was destroyed.
 */
export async function stepEntry(
  change: ChatChange,
  n: number,
  stored: MessageRecord,
  event: CountdownEvent,
): Promise<MessageRecord | undefined> {
  if (stored.countdown === undefined) {
    return stored;
  }
  const before = deserializeCountdown(stored.countdown);
  const { countdown, destroy, deadlineMs } = stepCountdown(before, event);
  if (destroy) {
    await destroyEntry(change, n, stored, 'timer');
    return undefined;
  }
  if (countdown === before) {
    return stored;
  }
  if (before.phase === 'waiting' && before.role === 'sender') {
    receiptCame(change);
  }
  if (deadlineMs !== undefined) {
    await setDeadline(change, n, before.phase === 'running' ? before.deadlineMs : undefined, deadlineMs);
    const endsAt = change.context.life.toWall(deadlineMs);
    change.events.push({ type: 'countdown', chat: change.session.n, n, endsAt });
  }
  if (countdown.phase === 'viewing') {
    change.records.put(VIEWING, n, 1);
  }
  const next: MessageRecord = { ...stored, countdown: serializeCountdown(countdown) };
  change.records.put(MESSAGE, n, next);
  change.context.life.mark(change.transaction);
  return next;
}

/** Ends what has ended at `nowMs`, at most `limit` entries. Returns whether there is more. */
export async function endDue(change: ChatChange, nowMs: number, limit: number): Promise<boolean> {
  const due = await change.records.page(DEADLINE, { to: Math.floor(nowMs), limit });
  let left = limit;
  for (const { position, value } of due) {
    if (left === 0) {
      return true;
    }
    const ending = value.slice(0, left);
    for (const n of ending) {
      const stored = await change.records.get(MESSAGE, n);
      if (stored !== undefined) {
        await destroyEntry(change, n, stored, 'timer');
      }
    }
    if (ending.length < value.length) {
      change.records.put(DEADLINE, position, value.slice(ending.length));
      return true;
    }
    change.records.delete(DEADLINE, position);
    left -= ending.length;
  }
  return left === 0;
}

/** View-once entries that were open when the program ended. */
export async function endViewing(change: ChatChange): Promise<void> {
  for (const { position } of await change.records.page(VIEWING)) {
    const stored = await change.records.get(MESSAGE, position);
    if (stored !== undefined) {
      await destroyEntry(change, position, stored, 'timer');
    }
    change.records.delete(VIEWING, position);
  }
}

async function setDeadline(
  change: ChatChange,
  n: number,
  before: number | undefined,
  deadlineMs: number,
): Promise<void> {
  if (before === deadlineMs) {
    return;
  }
  if (before !== undefined) {
    await removeDeadline(change, n, before);
  }
  await addDeadline(change, n, deadlineMs);
}
