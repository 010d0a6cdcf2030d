/**
 * Forgetting: everything that is stored of a chat goes in one transaction.
 *
 * @module
 */

import { GAP } from '../delivery/gap-record.ts';
import { AHEAD, ENVELOPE, OUTBOX, RECEIPT } from '../delivery/outbox-record.ts';
import { DELETION, TOMBSTONE } from '../life/deletion.ts';
import { DEADLINE, VIEWING } from '../life/life-record.ts';
import { forgetFiles } from '../media/file-effects.ts';
import { TRANSFER } from '../media/transfer-record.ts';
import type { RecordKind } from '../vault/record-kind.ts';
import { ScopedDraft } from '../vault/scoped-draft.ts';
import { NO_SCOPE, numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { CHAT, RATCHET } from './chat-record.ts';
import type { ChatChange } from './chat-session.ts';
import { CONTENT, MESSAGE, MINE, THEIRS } from './message-record.ts';

/** Removes the chat of a change: nothing of it is stored afterwards. */
export async function forgetChat(change: ChatChange): Promise<void> {
  await forgetFiles(change);
  await deleteChat(change.transaction, change.records, change.session.n);
  change.forgotten = true;
}

/** Removes a chat within the change of another one; its session is to be told afterwards. */
export async function forgetOther(vault: Vault, transaction: Transaction, n: number): Promise<void> {
  await deleteChat(transaction, new ScopedDraft(vault, transaction, numberScope(n)), n);
}

async function deleteChat(transaction: Transaction, records: ScopedDraft, n: number): Promise<void> {
  await deleteHistory(records);
  for (const kind of [OUTBOX, ENVELOPE, AHEAD, RATCHET] as const) {
    await deleteAll(records, kind as RecordKind<unknown>);
  }
  transaction.delete(CHAT, NO_SCOPE, n);
}

async function deleteHistory(records: ScopedDraft): Promise<void> {
  for (const { position } of await records.page(MESSAGE)) {
    records.deleteItem(CONTENT, position);
    records.delete(MESSAGE, position);
  }
  for (const kind of [MINE, THEIRS, GAP, RECEIPT, DEADLINE, VIEWING, DELETION, TOMBSTONE, TRANSFER] as const) {
    await deleteAll(records, kind as RecordKind<unknown>);
  }
}

async function deleteAll<T>(records: ScopedDraft, kind: RecordKind<T>): Promise<void> {
  for (const { position } of await records.page(kind)) {
    records.delete(kind, position);
  }
}
