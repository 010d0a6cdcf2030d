/**
 * Receipts that own messages with a timer wait for.
 *
 * The time for which a receipt may have lain on the relay counts as elapsed (timers §5). So while one is awaited, the mailbox
 * is asked now and then whether it is empty: both sides then run out together, as far as the network allows.
 *
 * @module
 */

import type { TimerValue } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';

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
