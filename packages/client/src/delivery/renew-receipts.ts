/**
 * Receipts in doubt: if one could not be sealed at once, or its first put was not answered, it goes out later, and its age is too
 * small by then. A fresh one for the same messages goes right behind it.
 *
 * Spec: docs/protocol/timers.md §9.
 *
 * @module
 */

import { decodeContent } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { type OutboxRecord, RECEIPT } from './outbox-record.ts';

/** Lets the receipts of these contents wait again, as long ago as they happened. Each content is renewed once. */
export async function renewReceipts(change: ChatChange, seqs: readonly number[]): Promise<void> {
  const { era } = change.context.life;
  for (const seq of seqs) {
    const entry = change.outbox.get(seq);
    if (!isLate(entry)) {
      continue;
    }
    change.outbox.set(seq, { ...entry, renewed: true });
    const decoded = decodeContent(entry.content, seq);
    const content = decoded.kind === 'known' ? decoded.content : undefined;
    if (content?.type !== 'read' && content?.type !== 'viewed') {
      continue;
    }
    const viewed = content.type === 'viewed';
    for (const receipt of content.messages) {
      const waiting = await change.records.get(RECEIPT, receipt.seq);
      // What was viewed was read, too.
      if (waiting === undefined || (viewed && !waiting.viewed)) {
        // §5: a time of another scale counts as 0, so that it was rather too long ago.
        const atMs = entry.agedEra === era ? Math.max(0, entry.agedMs - receipt.ageMs) : 0;
        change.records.put(RECEIPT, receipt.seq, { seq: receipt.seq, viewed, atMs, era });
      }
    }
  }
}

/** Whether an entry of the outbox is a receipt (nothing else has an age) that no relay has for certain, and none fresher is behind. */
export function isLate(entry: OutboxRecord | undefined): entry is OutboxRecord & { readonly agedMs: number } {
  return entry?.agedMs !== undefined && !entry.put && entry.renewed !== true;
}
