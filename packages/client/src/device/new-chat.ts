/**
 * A chat that begins: stored with the text of its request, and with whatever belongs to its beginning.
 *
 * @module
 */

import type { RatchetState } from '@secret-chat/crypto';
import type { ChatRecord } from '../chat/chat-record.ts';
import { ChatSession } from '../chat/chat-session.ts';
import { firstEntry } from '../chat/first-entry.ts';
import type { DeviceEvent } from '../events.ts';
import type { Message } from '../message.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { DeviceContext } from './context.ts';
import type { DeviceState } from './device-state.ts';
import type { JournalTicket } from './journal.ts';

export interface NewChat {
  readonly record: ChatRecord;
  readonly ratchet: RatchetState;
  /** Who asked. */
  readonly from: 'me' | 'them';
  /** What was said with it. */
  readonly text: { readonly bytes: Uint8Array; readonly hash: Uint8Array } | undefined;
}

export interface StoredChat {
  readonly session: ChatSession;
  /** To be given to the journal once the chat can be found by its number. */
  readonly told: JournalTicket;
}

/** @param first what was written with the request, if anything was */
export function requestEvent(chat: number, name: string, first: Message | undefined): DeviceEvent {
  return {
    type: 'request',
    chat,
    name,
    ...(first?.from === 'them' && first.kind === 'text' ? { text: first.text } : {}),
  };
}

/** @param more puts what else is stored with the chat of this number */
export function storeNewChat(
  context: DeviceContext,
  state: DeviceState,
  { record, ratchet, from, text }: NewChat,
  more: (n: number, transaction: Transaction) => Promise<void> | void,
): Promise<StoredChat> {
  return state.withNext('nextChat', async (n, transaction) => {
    const first = text === undefined ? undefined : firstEntry(context, transaction, n, from, text);
    const stored = first === undefined ? record : { ...record, nextN: 2, unread: from === 'them' ? 1 : 0 };
    await more(n, transaction);
    const session = ChatSession.create(context, transaction, n, stored, ratchet);
    const events: DeviceEvent[] = [];
    if (from === 'them') {
      events.push(requestEvent(n, record.theirName, first));
    }
    if (first !== undefined) {
      events.push({ type: 'message', chat: n, message: first });
    }
    return { session, told: context.journal.write(transaction, events) };
  });
}
