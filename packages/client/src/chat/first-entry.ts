/**
 * The text of a request: the first entry of a chat that is only being stored.
 *
 * @module
 */

import type { DeviceContext } from '../device/context.ts';
import type { Message } from '../message.ts';
import { numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { CONTENT, MESSAGE, type MessageRecord, MINE, THEIRS } from './message-record.ts';
import { toMessage } from './read-history.ts';

/** Stores it as entry 1, with seq 1. */
export function firstEntry(
  { effects, life }: DeviceContext,
  transaction: Transaction,
  chat: number,
  from: 'me' | 'them',
  { bytes, hash }: { readonly bytes: Uint8Array; readonly hash: Uint8Array },
): Message {
  const scope = numberScope(chat);
  const at = Math.max(0, Math.floor(effects.clock.wallMs()));
  const stored: MessageRecord = {
    from,
    kind: 'text',
    state: from === 'me' ? 'queued' : 'received',
    seq: 1,
    at,
    timer: 0,
  };
  transaction.put(MESSAGE, scope, 1, stored);
  transaction.putItem(CONTENT, scope, 1, bytes);
  transaction.put(from === 'me' ? MINE : THEIRS, scope, 1, { n: 1, hash });
  return toMessage(1, stored, bytes, life);
}
