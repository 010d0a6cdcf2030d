/**
 * ✓: the relay has it.
 *
 * Spec: docs/protocol/delivery.md §4.3.
 *
 * @module
 */

import type { ChatChange } from '../chat/chat-session.ts';
import { MESSAGE } from '../chat/message-record.ts';

/** Gives a message its first check, unless it has one. */
export async function markSent(change: ChatChange, seq: number): Promise<void> {
  const n = change.outbox.get(seq)?.n;
  if (n === undefined) {
    return;
  }
  const stored = await change.records.get(MESSAGE, n);
  if (stored?.state === 'queued') {
    change.records.put(MESSAGE, n, { ...stored, state: 'sent' });
    change.events.push({ type: 'state', chat: change.session.n, n, state: 'sent' });
  }
}

/** The relay answered that it has these, until `putUntilMs`. */
export async function markPut(change: ChatChange, seqs: readonly number[], putUntilMs: number): Promise<void> {
  for (const seq of seqs) {
    const entry = change.outbox.get(seq);
    if (entry?.sealed === true) {
      if (!entry.put) {
        await markSent(change, seq);
      }
      change.outbox.set(seq, { ...entry, put: true, putUntilMs });
    }
  }
}
