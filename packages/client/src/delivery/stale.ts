/**
 * Stale chats: one of the two stores is an old copy.
 *
 * Spec: docs/protocol/delivery.md §8.
 *
 * @module
 */

import type { ChatChange } from '../chat/chat-session.ts';
import type { StaleReason } from '../events.ts';
import { receiptGivenUp } from '../life/awaited.ts';

/** The chat stops sending, and says so once. */
export async function markStale(change: ChatChange, why: StaleReason): Promise<void> {
  const { record, session, outbox } = change;
  if (record.state === 'open' || record.state === 'waiting') {
    change.record = { ...record, state: 'stale', staleReason: why };
    change.events.push({ type: 'stale', chat: session.n, why });
    for (const [seq] of session.outbox.entries()) {
      const n = outbox.get(seq)?.n;
      if (seq > record.sealedSeq && n !== undefined) {
        await receiptGivenUp(change, n);
      }
    }
  }
}
