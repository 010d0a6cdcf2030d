/**
 * Reading and viewing: what starts countdowns, on either side.
 *
 * Spec: docs/protocol/timers.md §2 and §5.
 *
 * @module
 */

import { countdownStartsOn, type Receipt } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { MESSAGE, type MessageRecord, MINE } from '../chat/message-record.ts';
import { countdownOf } from '../chat/read-history.ts';
import { RECEIPT } from '../delivery/outbox-record.ts';
import { ClientError } from '../errors.ts';
import { TRANSFER } from '../media/transfer-record.ts';
import { receiptAwaitedAgain } from './awaited.ts';
import { stepEntry } from './countdowns.ts';

/** An entry of theirs was shown. Returns whether its sender is to be told. */
export async function readTheirs(change: ChatChange, n: number): Promise<boolean> {
  const stored = await change.records.get(MESSAGE, n);
  if (stored?.state !== 'received' || (await isFileToOpen(change, n, stored))) {
    return false;
  }
  const read = setRead(change, n, stored);
  if (!isMessage(stored)) {
    return false;
  }
  owe(change, stored, false);
  await stepEntry(change, n, read, { type: 'read', nowMs: change.context.life.nowMs() });
  return true;
}

/**
 * A viewer opens an entry: from now on its time runs, and this is on the disk before it is shown.
 *
 * @throws `ClientError` `NOT_FOUND`; `WRONG_STATE` for a view-once message that is being viewed already
 */
export async function viewEntry(change: ChatChange, n: number): Promise<void> {
  const stored = await change.records.get(MESSAGE, n);
  if (stored === undefined || !isMessage(stored)) {
    throw new ClientError('NOT_FOUND', `there is no message ${n}`);
  }
  const countdown = countdownOf(stored);
  if (countdown?.phase === 'viewing') {
    throw new ClientError('WRONG_STATE', 'this message can be viewed once, and is being viewed');
  }
  if (stored.from === 'me') {
    return;
  }
  const read = stored.state === 'received' ? setRead(change, n, stored) : stored;
  const startsOnView = countdown?.phase === 'waiting' && countdownStartsOn(countdown) === 'viewed';
  if (stored.state === 'received' || startsOnView) {
    owe(change, stored, startsOnView);
  }
  await stepEntry(change, n, read, { type: startsOnView ? 'viewed' : 'read', nowMs: change.context.life.nowMs() });
}

/** The viewer closed: what could be seen once is destroyed. */
export async function closeEntry(change: ChatChange, n: number): Promise<void> {
  const stored = await change.records.get(MESSAGE, n);
  if (stored !== undefined) {
    await stepEntry(change, n, stored, { type: 'closed', nowMs: change.context.life.nowMs() });
  }
}

/** Receipts of theirs for messages of mine. */
export async function receiptsCame(
  change: ChatChange,
  which: 'read' | 'viewed',
  receipts: readonly Receipt[],
): Promise<void> {
  for (const { seq, ageMs } of receipts) {
    // Nobody can have read what was not sealed.
    const n = seq > change.record.sealedSeq ? undefined : (await change.records.get(MINE, seq))?.n;
    const stored = n === undefined ? undefined : await change.records.get(MESSAGE, n);
    if (n === undefined || stored === undefined) {
      continue;
    }
    const awaited = receiptAwaitedAgain(change, stored);
    const read: MessageRecord = { ...awaited, state: 'read' };
    if (stored.state !== 'read' || awaited !== stored) {
      change.records.put(MESSAGE, n, read);
    }
    if (stored.state !== 'read') {
      change.events.push({ type: 'state', chat: change.session.n, n, state: 'read' });
    }
    const nowMs = change.context.life.nowMs();
    const notBeforeMs = Math.min(nowMs, notBefore(change, stored));
    await stepEntry(change, n, read, { type: 'receipt', nowMs, which, ageMs, notBeforeMs });
  }
}

/** §5: the latest time at which the receipt certainly was not on the relay yet. */
function notBefore({ session, context }: ChatChange, { putMs, putEra }: MessageRecord): number {
  const put = putEra === context.life.era ? (putMs ?? 0) : 0;
  return Math.max(put, session.emptyAskedMs);
}

function setRead(change: ChatChange, n: number, stored: MessageRecord): MessageRecord {
  const read: MessageRecord = { ...stored, state: 'read' };
  change.records.put(MESSAGE, n, read);
  change.record = { ...change.record, unread: Math.max(0, change.record.unread - 1) };
  return read;
}

/** A receipt waits, with the time at which it happened. */
function owe(change: ChatChange, { seq }: MessageRecord, viewed: boolean): void {
  const { life } = change.context;
  change.records.put(RECEIPT, seq, { seq, viewed, atMs: life.nowMs(), era: life.era });
}

/** §2: what stands on the screen of a file that is not here is not the file; its time does not run out before it is seen. */
async function isFileToOpen(change: ChatChange, n: number, stored: MessageRecord): Promise<boolean> {
  const countdown = stored.kind === 'file' ? countdownOf(stored) : undefined;
  return (
    countdown?.phase === 'waiting' &&
    countdownStartsOn(countdown) === 'read' &&
    (await change.records.get(TRANSFER, n))?.state !== 'fetched'
  );
}

function isMessage({ kind, seq }: MessageRecord): boolean {
  return seq > 0 && ['text', 'file', 'newer', 'unreadable'].includes(kind);
}
