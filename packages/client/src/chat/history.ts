/**
 * Writing the history of a chat: entries are added, and found by the names that both sides know.
 *
 * Spec: docs/protocol/delivery.md §3 and §6.
 *
 * @module
 */

import { type MessageRef, type TimerValue, timerToWire } from '@secret-chat/crypto';
import { receiptAwaited } from '../life/awaited.ts';
import { firstCountdown } from '../life/first-countdown.ts';
import type { FileState } from '../media/file.ts';
import type { Message, MessageState } from '../message.ts';
import { type ChatChange, roleOf } from './chat-session.ts';
import { CONTENT, MESSAGE, type MessageRecord, MINE, THEIRS } from './message-record.ts';
import { toMessage } from './read-history.ts';

/** What a new entry is. */
export interface NewEntry {
  readonly from: 'me' | 'them';
  readonly kind: MessageRecord['kind'];
  readonly state: MessageState;
  readonly seq: number;
  readonly timer: TimerValue;
  readonly replyTo?: number | undefined;
  /** Hash of what was said, and the bytes if they mean anything; left out for what is only noticed here. */
  readonly content?: { readonly bytes?: Uint8Array; readonly hash: Uint8Array };
  readonly count?: number;
  /** The seq is missing so far: if `n` entries stand for such seqs, the entry belongs to the place of that one. */
  readonly place?: number | undefined;
  /** Of a file. */
  readonly fileState?: FileState | undefined;
}

/** Adds an entry and gives it its number. */
export function addEntry(change: ChatChange, entry: NewEntry): Message {
  const { records, record } = change;
  const n = record.nextN;
  const unread = record.unread + (entry.state === 'received' ? 1 : 0);
  const countdown = firstCountdown(entry.kind, entry.from, entry.timer);
  change.record = { ...record, nextN: n + 1, unread };
  if (countdown !== undefined && entry.from === 'me') {
    receiptAwaited(change, entry.timer);
  }
  const stored: MessageRecord = {
    from: entry.from,
    kind: entry.kind,
    state: entry.state,
    seq: entry.seq,
    at: Math.max(0, Math.floor(change.context.effects.clock.wallMs())),
    timer: timerToWire(entry.timer),
    ...(entry.replyTo === undefined ? {} : { replyTo: entry.replyTo }),
    ...(entry.count === undefined ? {} : { count: entry.count }),
    ...(entry.place === undefined ? {} : { place: entry.place }),
    ...(countdown === undefined ? {} : { countdown }),
  };
  records.put(MESSAGE, n, stored);
  if (entry.content !== undefined) {
    if (entry.content.bytes !== undefined) {
      records.putItem(CONTENT, n, entry.content.bytes);
    }
    const index = entry.from === 'me' ? MINE : THEIRS;
    // A file that is still going up gets its seq later.
    if (entry.seq > 0) {
      records.put(index, entry.seq, { n, hash: entry.content.hash });
    }
  }
  return toMessage(n, stored, entry.content?.bytes, change.context.life, entry.fileState);
}

/** The entry's number of a message that the other side names; `undefined` for one that is not here, or that they cannot know. */
export async function numberOf(change: ChatChange, ref: MessageRef): Promise<number | undefined> {
  const from = ref.sender === roleOf(change.record, 'me') ? 'me' : 'them';
  if (from === 'me' && ref.seq > change.record.sealedSeq) {
    return undefined;
  }
  const index = await change.records.get(from === 'me' ? MINE : THEIRS, ref.seq);
  return index?.n;
}

/** How the other side names an entry; `undefined` for one that is no message of either side. */
export async function referenceTo(change: ChatChange, n: number): Promise<MessageRef | undefined> {
  const stored = await change.records.get(MESSAGE, n);
  return stored === undefined || stored.seq === 0 || stored.kind === 'missing'
    ? undefined
    : { sender: roleOf(change.record, stored.from), seq: stored.seq };
}
