/**
 * Receipts that own messages with a timer wait for.
 *
 * The time for which a receipt may have lain on the relay counts as elapsed (timers §5). So while one is awaited, the mailbox
 * is asked now and then whether it is empty: both sides then run out together, as far as the network allows.
 *
 * One that cannot come any more is not awaited: its entry has no countdown, and none begins. If it comes all the same (an earlier
 * envelope was not lost, only late), the countdown begins then.
 *
 * @module
 */

import { deserializeCountdown, type TimerValue, timerFromWire } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { MESSAGE, type MessageRecord } from '../chat/message-record.ts';
import { firstCountdown } from './first-countdown.ts';

/** A small part of the message's own time is lost at most, and nobody asks more than once a second. */
const PART = 8;
const LEAST_MS = 1_000;
const MOST_MS = 60_000;

export function receiptAwaited(change: ChatChange, timer: TimerValue): void {
  const { record } = change;
  const own = typeof timer === 'number' ? (timer * 1_000) / PART : MOST_MS;
  const every = Math.min(MOST_MS, Math.max(LEAST_MS, Math.floor(own)));
  const waiting = record.timedWaiting ?? 0;
  const before = waiting > 0 ? (record.askEveryMs ?? MOST_MS) : MOST_MS;
  change.record = { ...record, timedWaiting: waiting + 1, askEveryMs: Math.min(before, every) };
}

export function receiptCame(change: ChatChange): void {
  const { record } = change;
  change.record = { ...record, timedWaiting: Math.max(0, (record.timedWaiting ?? 0) - 1) };
}

/** The receipt of an own entry cannot come any more: the message was never there for them, and will not be. */
export async function receiptGivenUp(change: ChatChange, n: number): Promise<void> {
  const stored = await change.records.get(MESSAGE, n);
  if (stored?.from !== 'me' || stored.countdown === undefined) {
    return;
  }
  if (deserializeCountdown(stored.countdown).phase === 'waiting') {
    receiptCame(change);
    const { countdown: _never, ...rest } = stored;
    change.records.put(MESSAGE, n, rest);
  }
}

/** A receipt for an own entry is here: as it was before it was given up, if it was. */
export function receiptAwaitedAgain(change: ChatChange, stored: MessageRecord): MessageRecord {
  const { from, kind } = stored;
  const timer = timerFromWire(stored.timer);
  const countdown = stored.countdown === undefined ? firstCountdown(kind, from, timer) : undefined;
  if (from !== 'me' || countdown === undefined) {
    return stored;
  }
  receiptAwaited(change, timer);
  return { ...stored, countdown };
}
