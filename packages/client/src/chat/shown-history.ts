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

/** What was written with the request that the chat began with. */
export async function shownRequest(session: ChatSession): Promise<Message | undefined> {
  const stored = await session.context.vault.get(MESSAGE, session.scope, 1);
  // A request without words leaves entry 1 to whatever comes next.
  return stored?.seq === 1 ? shownEntry(session, 1) : undefined;
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
