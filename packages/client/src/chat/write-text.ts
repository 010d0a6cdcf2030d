/**
 * Writing a text: it stands in the history, and waits to be sent, from the same transaction on.
 *
 * Spec: docs/protocol/delivery.md §4.1.
 *
 * @module
 */

import { timerFromWire } from '@secret-chat/crypto';
import { enqueue, numberContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import type { Message } from '../message.ts';
import type { ChatChange } from './chat-session.ts';
import { addEntry, referenceTo } from './history.ts';
import { requireState } from './require-state.ts';

/**
 * @param text as it may travel
 * @throws `ClientError` `WRONG_STATE`, `NOT_FOUND`, `TOO_LONG`; then the change is untouched
 */
export async function writeText(change: ChatChange, text: string, replyTo: number | undefined): Promise<Message> {
  requireState(change.record.state, 'open', 'waiting');
  const reference = replyTo === undefined ? undefined : await referenceTo(change, replyTo);
  if (replyTo !== undefined && reference === undefined) {
    throw new ClientError('NOT_FOUND', `there is no message ${replyTo} to reply to`);
  }
  const content = { type: 'text', text, ...(reference === undefined ? {} : { replyTo: reference }) } as const;
  const timer = timerFromWire(change.record.timer);
  const numbered = numberContent(change, content, timer);
  const { seq } = numbered;
  const entry = { from: 'me', kind: 'text', state: 'queued', seq, timer, replyTo, content: numbered } as const;
  const message = addEntry(change, entry);
  enqueue(change, 'text', numbered, timer, message.n);
  change.events.push({ type: 'message', chat: change.session.n, message });
  return message;
}
