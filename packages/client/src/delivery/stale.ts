/**
 * Stale chats: one of the two stores is an old copy.
 *
 * Spec: docs/protocol/delivery.md §8.
 *
 * @module
 */

import type { ChatChange } from '../chat/chat-session.ts';
import type { StaleReason } from '../events.ts';

/** The chat stops sending, and says so once. */
export function markStale(change: ChatChange, why: StaleReason): void {
  if (change.record.state === 'open' || change.record.state === 'waiting') {
    change.record = { ...change.record, state: 'stale', staleReason: why };
    change.events.push({ type: 'stale', chat: change.session.n, why });
  }
}
