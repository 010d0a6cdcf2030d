/**
 * The history as a program is shown it: without what is being destroyed, or is to be. A store may refuse to write just now.
 *
 * Spec: docs/protocol/timers.md §8, docs/protocol/delivery.md §12.
 *
 * @module
 */

import type { HistoryQuery } from '../chat.ts';
import { isCleared } from '../life/clearing.ts';
import type { Message } from '../message.ts';
import type { ChatSession } from './chat-session.ts';
import { MESSAGE } from './message-record.ts';
import { readEntry, readPage } from './read-history.ts';

export async function shownPage(session: ChatSession, query: HistoryQuery): Promise<Message[]> {
  return shown(session, await readPage(session.context, session.scope, query));
}

export async function shownEntry(session: ChatSession, n: number): Promise<Message | undefined> {
  const message = await readEntry(session.context, session.scope, n);
  return message && (await shown(session, [message]))[0];
}

async function shown({ record, context, scope }: ChatSession, messages: readonly Message[]): Promise<Message[]> {
  const now = context.effects.clock.wallMs();
  const living = messages.filter(({ endsAt }) => endsAt === undefined || endsAt > now);
  if (record.clearing !== true) {
    return living;
  }
  const out: Message[] = [];
  for (const message of living) {
    const stored = await context.vault.get(MESSAGE, scope, message.n);
    if (stored !== undefined && !isCleared(record, message.n, stored)) {
      out.push(message);
    }
  }
  return out;
}
