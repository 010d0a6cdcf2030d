/**
 * The history of a chat: entries are added, changed and read page by page.
 *
 * Spec: docs/protocol/delivery.md §3 and §6.
 *
 * @module
 */

import { decodeContent, type MessageRef, type TimerValue, timerFromWire, timerToWire } from '@secret-chat/crypto';
import type { HistoryQuery } from '../chat.ts';
import type { Message, MessageBody, MessageState } from '../message.ts';
import type { Positioned } from '../vault/record-kind.ts';
import type { Vault } from '../vault/vault.ts';
import type { ChatRecord } from './chat-record.ts';
import { type ChatChange, roleOf } from './chat-session.ts';
import { CONTENT, MESSAGE, type MessageRecord, MINE, THEIRS } from './message-record.ts';

const DEFAULT_PAGE = 50;

/** What a new entry is. */
export interface NewEntry {
  readonly from: 'me' | 'them';
  readonly kind: MessageRecord['kind'];
  readonly state: MessageState;
  readonly seq: number;
  readonly timer: TimerValue;
  readonly replyTo?: number | undefined;
  /** What was said, and its hash; left out for what is only noticed here. */
  readonly content?: { readonly bytes: Uint8Array; readonly hash: Uint8Array };
  readonly count?: number;
  /** The seq is missing so far: if `n` entries stand for such seqs, the entry belongs to the place of that one. */
  readonly place?: number | undefined;
}

/** Adds an entry and gives it its number. */
export function addEntry(change: ChatChange, entry: NewEntry): Message {
  const { records, record } = change;
  const n = record.nextN;
  const unread = record.unread + (entry.state === 'received' ? 1 : 0);
  change.record = { ...record, nextN: n + 1, unread };
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
  };
  records.put(MESSAGE, n, stored);
  if (entry.content !== undefined) {
    records.putItem(CONTENT, n, entry.content.bytes);
    const index = entry.from === 'me' ? MINE : THEIRS;
    records.put(index, entry.seq, { n, hash: entry.content.hash });
  }
  return toMessage(n, stored, entry.content?.bytes);
}

/** The entry's number of a message that the other side names; `undefined` for one that is not here. */
export async function numberOf(change: ChatChange, ref: MessageRef): Promise<number | undefined> {
  const from = ref.sender === roleOf(change.record, 'me') ? 'me' : 'them';
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

/** One entry, with what was said. */
export async function readEntry(vault: Vault, scope: Uint8Array, n: number): Promise<Message | undefined> {
  const stored = await vault.get(MESSAGE, scope, n);
  return stored === undefined ? undefined : withContent(vault, scope, { position: n, value: stored });
}

/**
 * A page of the history in its order: by number, but what came late stands where it was missing.
 */
export async function readPage(vault: Vault, scope: Uint8Array, query: HistoryQuery): Promise<Message[]> {
  const { before, after, limit = DEFAULT_PAGE } = query;
  const forward = after !== undefined && before === undefined;
  const page = await vault.page(MESSAGE, scope, {
    from: (after ?? 0) + 1,
    ...(before === undefined ? {} : { to: before - 1 }),
    limit,
    reverse: !forward,
  });
  const ordered = forward ? page : page.reverse();
  const out: Message[] = [];
  for (const entry of ordered) {
    if (entry.value.place !== undefined) {
      continue;
    }
    // What stood for others goes once all of them have come.
    if (entry.value.kind !== 'missing' || entry.value.count !== 0) {
      out.push(await withContent(vault, scope, entry));
    }
    for (const { n } of [...(entry.value.late ?? [])].sort((a, b) => a.seq - b.seq)) {
      const late = await readEntry(vault, scope, n);
      if (late !== undefined) {
        out.push(late);
      }
    }
  }
  return out;
}

async function withContent(vault: Vault, scope: Uint8Array, entry: Positioned<MessageRecord>): Promise<Message> {
  const hasContent = ['text', 'file', 'timer'].includes(entry.value.kind);
  const content = hasContent ? await vault.getItem(CONTENT, scope, entry.position) : undefined;
  return toMessage(entry.position, entry.value, content);
}

/** The entry as a program sees it. */
export function toMessage(n: number, stored: MessageRecord, content: Uint8Array | undefined): Message {
  return {
    ...bodyOf(stored, content),
    n,
    from: stored.from,
    state: stored.state,
    at: stored.at,
    timer: timerFromWire(stored.timer),
    ...(stored.replyTo === undefined ? {} : { replyTo: stored.replyTo }),
    ...(stored.place === undefined ? {} : { place: stored.place }),
  };
}

function bodyOf(stored: MessageRecord, bytes: Uint8Array | undefined): MessageBody {
  switch (stored.kind) {
    case 'missing':
      return { kind: 'missing', count: stored.count ?? 1 };
    case 'unreadable':
    case 'newer':
    case 'lost':
    case 'destroyed':
      return { kind: stored.kind };
  }
  if (bytes === undefined) {
    return { kind: 'destroyed' };
  }
  const decoded = decodeContent(bytes, stored.seq);
  const content = decoded.kind === 'known' ? decoded.content : undefined;
  switch (content?.type) {
    case 'text':
      return { kind: 'text', text: content.text };
    case 'request':
      return { kind: 'text', text: content.text ?? '' };
    case 'file':
      return {
        kind: 'file',
        file: content.file,
        ...(content.caption === undefined ? {} : { caption: content.caption }),
      };
    case 'timer':
      return { kind: 'timer', chatTimer: content.timer };
    default:
      return { kind: 'unreadable' };
  }
}

/** Highest seq of each side that the history knows, as `clear` names them. */
export function upperSeqs(record: ChatRecord): { readonly mine: number; readonly theirs: number } {
  return { mine: record.nextSeq - 1, theirs: Math.max(record.got, record.surfaced) };
}
