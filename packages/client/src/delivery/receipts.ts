/**
 * Receipts: what was read here is told to its sender, in batches and a little later.
 *
 * Spec: docs/protocol/delivery.md §7, docs/protocol/timers.md §5.
 *
 * @module
 */

import { MAX_RECEIPTS } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { type OutboxRecord, RECEIPT } from './outbox-record.ts';
import { enqueueContent } from './sealing.ts';

/** Contents that receipts become at most, one of each type. */
export const RECEIPT_CONTENTS = 2;

/**
 * Makes contents of receipts that wait; they are to be sealed in the same change, since each says how long ago it happened. The
 * outbox keeps when that was: what goes later is renewed. Returns how many are left, of those that were looked at.
 */
export async function enqueueReceipts(change: ChatChange, nowMs: number): Promise<number> {
  const { era } = change.context.life;
  // One more than fits: it says that there are more.
  const due = await change.records.page(RECEIPT, { limit: 2 * MAX_RECEIPTS + 1 });
  let left = due.length;
  for (const type of ['read', 'viewed'] as const) {
    const batch = due.filter(({ value }) => value.viewed === (type === 'viewed')).slice(0, MAX_RECEIPTS);
    if (batch.length > 0) {
      const messages = batch.map(({ value }) => ({
        seq: value.seq,
        // Timers §5: a time of another scale counts as 0.
        ageMs: Math.max(0, Math.floor(nowMs - (value.era === era ? value.atMs : 0))),
      }));
      const seq = enqueueContent(change, { type, messages });
      const entry = change.outbox.get(seq) as OutboxRecord;
      change.outbox.set(seq, { ...entry, agedMs: Math.floor(nowMs), agedEra: era });
      for (const { position } of batch) {
        change.records.delete(RECEIPT, position);
      }
      left -= batch.length;
    }
  }
  return left;
}
