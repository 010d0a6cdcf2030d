/**
 * Reading the history of a chat, entry by entry and page by page.
 *
 * Spec: docs/protocol/delivery.md §3 and §6, docs/protocol/timers.md §2.
 *
 * @module
 */

import {
  type Countdown,
  decodeContent,
  deserializeCountdown,
  type FileDescriptor,
  isHiddenUntilViewed,
  timerFromWire,
} from '@secret-chat/crypto';
import type { HistoryQuery } from '../chat.ts';
import type { LifeKeeper } from '../life/life-keeper.ts';
import type { FileInfo, FileState } from '../media/file.ts';
import { TRANSFER } from '../media/transfer-record.ts';
import type { Message, MessageBody } from '../message.ts';
import type { Positioned } from '../vault/record-kind.ts';
import type { Vault } from '../vault/vault.ts';
import { CONTENT, MESSAGE, type MessageRecord } from './message-record.ts';

const DEFAULT_PAGE = 50;
/** Records that are read at once: a page can be asked for that is the whole history. */
const MAX_READ = 1000;

/** Where it is read from. */
export interface HistorySource {
  readonly vault: Vault;
  readonly life: LifeKeeper;
}

/** One entry, with what was said. */
export async function readEntry(source: HistorySource, scope: Uint8Array, n: number): Promise<Message | undefined> {
  const stored = await source.vault.get(MESSAGE, scope, n);
  return stored === undefined ? undefined : withContent(source, scope, { position: n, value: stored });
}

/**
 * A page of the history in its order: by number, but what came late stands where it was missing, and counts with that place
 * as one.
 */
export async function readPage(source: HistorySource, scope: Uint8Array, query: HistoryQuery): Promise<Message[]> {
  const { before, after, limit = DEFAULT_PAGE } = query;
  const forward = after !== undefined && before === undefined;
  let from = after === undefined ? 1 : (await placeOf(source, scope, after)) + 1;
  let to = before === undefined ? undefined : (await placeOf(source, scope, before)) - 1;
  const out: Message[][] = [];
  while (out.length < limit && (to === undefined || to >= from)) {
    const bounds = to === undefined ? { from } : { from, to };
    const pageLimit = Math.min(limit, MAX_READ);
    const page = await source.vault.page(MESSAGE, scope, { ...bounds, limit: pageLimit, reverse: !forward });
    for (const entry of page) {
      const shown = out.length < limit ? await atItsPlace(source, scope, entry) : [];
      if (shown.length > 0) {
        out.push(shown);
      }
    }
    const last = page.at(-1);
    if (last === undefined) {
      break;
    }
    if (forward) {
      from = last.position + 1;
    } else {
      to = last.position - 1;
    }
  }
  return (forward ? out : out.reverse()).flat();
}

/** Where an entry stands in the order. */
async function placeOf({ vault }: HistorySource, scope: Uint8Array, n: number): Promise<number> {
  return (await vault.get(MESSAGE, scope, n))?.place ?? n;
}

/** The entry with what came late in its place; nothing for one that is shown elsewhere. */
async function atItsPlace(
  source: HistorySource,
  scope: Uint8Array,
  entry: Positioned<MessageRecord>,
): Promise<Message[]> {
  const { kind, count, place, late = [] } = entry.value;
  if (place !== undefined) {
    return [];
  }
  // What stood for others goes once all of them have come.
  const isFilled = kind === 'missing' && count === 0;
  const own = isFilled ? undefined : await withContent(source, scope, entry);
  const out = own === undefined ? [] : [own];
  for (const { n } of [...late].sort((a, b) => a.seq - b.seq)) {
    const message = await readEntry(source, scope, n);
    if (message !== undefined) {
      out.push(message);
    }
  }
  return out;
}

/** `undefined` for what ran out: it is destroyed soon, and never shown again. */
async function withContent(
  source: HistorySource,
  scope: Uint8Array,
  { position, value }: Positioned<MessageRecord>,
): Promise<Message | undefined> {
  const countdown = countdownOf(value);
  if (countdown?.phase === 'running' && countdown.deadlineMs <= source.life.now()) {
    return undefined;
  }
  const hasContent = ['text', 'file', 'timer'].includes(value.kind);
  const content = hasContent ? await source.vault.getItem(CONTENT, scope, position) : undefined;
  const transfer = value.kind === 'file' ? await source.vault.get(TRANSFER, scope, position) : undefined;
  return toMessage(position, value, content, source.life, transfer?.state);
}

/** The entry as a program sees it. */
export function toMessage(
  n: number,
  stored: MessageRecord,
  content: Uint8Array | undefined,
  life: LifeKeeper,
  fileState: FileState = stored.from === 'me' ? 'uploading' : 'remote',
): Message {
  const countdown = countdownOf(stored);
  const hidden = countdown !== undefined && isHiddenUntilViewed(countdown);
  return {
    ...bodyOf(stored, content, hidden, fileState),
    n,
    from: stored.from,
    state: stored.state,
    at: stored.at,
    timer: timerFromWire(stored.timer),
    ...(stored.replyTo === undefined ? {} : { replyTo: stored.replyTo }),
    ...(stored.place === undefined ? {} : { place: stored.place }),
    ...(countdown?.phase === 'running' ? { endsAt: life.toWall(countdown.deadlineMs) } : {}),
  };
}

/** The countdown of an entry that has one. */
export function countdownOf({ countdown }: MessageRecord): Countdown | undefined {
  return countdown && deserializeCountdown(countdown);
}

function bodyOf(
  stored: MessageRecord,
  bytes: Uint8Array | undefined,
  hidden: boolean,
  fileState: FileState,
): MessageBody {
  switch (stored.kind) {
    case 'missing':
      return { kind: 'missing', count: stored.count ?? 1 };
    case 'unreadable':
    case 'newer':
    case 'lost':
    case 'screenshot':
      return { kind: stored.kind };
  }
  if (bytes === undefined) {
    return { kind: 'destroyed' };
  }
  // Whatever has an entry is sequenced; a file that is still going up has no seq yet.
  const decoded = decodeContent(bytes, Math.max(1, stored.seq));
  const content = decoded.kind === 'known' ? decoded.content : undefined;
  switch (content?.type) {
    case 'text':
      return hidden ? { kind: 'hidden', what: 'text' } : { kind: 'text', text: content.text };
    case 'request':
      return { kind: 'text', text: content.text ?? '' };
    case 'file':
      if (hidden) {
        const { preview } = content.file;
        return { kind: 'hidden', what: 'file', ...(preview === undefined ? {} : { preview }) };
      }
      return {
        kind: 'file',
        file: withoutKey(content.file),
        fileState,
        ...(content.caption === undefined ? {} : { caption: content.caption }),
      };
    case 'timer':
      return { kind: 'timer', chatTimer: content.timer };
    default:
      return { kind: 'unreadable' };
  }
}

function withoutKey({ key: _key, ...info }: FileDescriptor): FileInfo {
  return info;
}
