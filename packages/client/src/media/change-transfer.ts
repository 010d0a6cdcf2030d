/**
 * The one way to change what is stored of a transfer: within a change of its chat, and only while it is there.
 *
 * @module
 */

import { type Content, decodeContent } from '@secret-chat/crypto';
import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import { CONTENT } from '../chat/message-record.ts';
import { TRANSFER, type TransferRecord } from './transfer-record.ts';

export type FileContent = Extract<Content, { type: 'file' }>;

/** What `work` makes of a record is put, and a new state is told. `undefined` when there is no such transfer (any more). */
export async function putTransfer(
  change: ChatChange,
  n: number,
  work: (record: TransferRecord) => TransferRecord,
): Promise<TransferRecord | undefined> {
  const before = await change.records.get(TRANSFER, n);
  if (before === undefined) {
    return undefined;
  }
  const after = work(before);
  change.records.put(TRANSFER, n, after);
  if (after.state !== before.state) {
    change.events.push({ type: 'file', chat: change.session.n, n, fileState: after.state });
  }
  return after;
}

/** {@link putTransfer} in a change of its own; `undefined` also once the chat is forgotten. */
export async function changeTransfer(
  session: ChatSession,
  n: number,
  work: (record: TransferRecord, change: ChatChange) => TransferRecord,
): Promise<TransferRecord | undefined> {
  return session.forgotten
    ? undefined
    : session.change((change) => putTransfer(change, n, (record) => work(record, change)));
}

/** What a message of kind file says; `undefined` if it was destroyed. */
export async function fileContentOf(
  records: { getItem: ChatChange['records']['getItem'] },
  n: number,
): Promise<FileContent | undefined> {
  return readFileContent(await records.getItem(CONTENT, n));
}

/** A file that is not numbered yet is stored as it will be sent. */
export function readFileContent(bytes: Uint8Array | undefined): FileContent | undefined {
  const decoded = bytes === undefined ? undefined : decodeContent(bytes, 1);
  return decoded?.kind === 'known' && decoded.content.type === 'file' ? decoded.content : undefined;
}
