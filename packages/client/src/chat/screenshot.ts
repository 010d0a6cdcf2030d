/**
 * Screenshot notices: what a device noticed here is told to the other side.
 *
 * Spec: docs/protocol/content.md §3.2.
 *
 * @module
 */

import { enqueue, numberContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import type { Message } from '../message.ts';
import type { ChatChange } from './chat-session.ts';
import { addEntry, referenceTo } from './history.ts';

/** Notes it in the history, and lets it wait for the other side. @throws `ClientError` `NOT_FOUND` */
export async function screenshotNoticed(change: ChatChange, n: number | undefined): Promise<Message> {
  const message = n === undefined ? undefined : await referenceTo(change, n);
  if (n !== undefined && message === undefined) {
    throw new ClientError('NOT_FOUND', `there is no message ${n} to have a screenshot of`);
  }
  const content = { type: 'screenshot', ...(message === undefined ? {} : { message }) } as const;
  const numbered = numberContent(change, content, 'off');
  const entry = {
    ...({ from: 'me', kind: 'screenshot', state: 'queued', timer: 'off' } as const),
    ...{ seq: numbered.seq, replyTo: n, content: numbered },
  };
  const added = addEntry(change, entry);
  enqueue(change, 'screenshot', numbered, 'off', added.n);
  change.events.push({ type: 'message', chat: change.session.n, message: added });
  return added;
}
