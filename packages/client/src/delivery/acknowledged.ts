/**
 * What the other side acknowledges: those contents are committed there, and need not be kept here.
 *
 * Spec: docs/protocol/delivery.md §4.4 and §8, docs/protocol/content.md §5.
 *
 * @module
 */

import { constantTimeEqual, extendDigest } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { deletionCovered } from '../life/deletion.ts';
import { ENVELOPE } from './outbox-record.ts';
import { markSent } from './sent.ts';

/**
 * Takes an `ack` with its digest. Returns why the chat is stale, if it shows that one of the stores is an old copy;
 * then nothing is taken.
 */
export async function acknowledged(
  change: ChatChange,
  ack: number,
  digest: Uint8Array,
): Promise<'ackFromFuture' | 'digest' | undefined> {
  const { record, outbox, records } = change;
  if (ack <= record.covered) {
    return undefined;
  }
  if (ack > record.sealedSeq) {
    return 'ackFromFuture';
  }
  let expected = record.coveredDigest;
  for (let seq = record.covered + 1; seq <= ack; seq += 1) {
    const entry = outbox.get(seq);
    if (entry === undefined) {
      return 'digest';
    }
    expected = extendDigest(expected, seq, entry.hash);
  }
  if (!constantTimeEqual(expected, digest)) {
    return 'digest';
  }
  for (let seq = record.covered + 1; seq <= ack; seq += 1) {
    // The answer of the relay may have been lost.
    await markSent(change, seq);
    await deletionCovered(change, seq);
    outbox.delete(seq);
    records.delete(ENVELOPE, seq);
  }
  change.record = { ...change.record, covered: ack, coveredDigest: expected };
  return undefined;
}
