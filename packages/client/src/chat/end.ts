/**
 * The end of a chat: its contents are destroyed on both sides, and what is left goes once the other side knows.
 *
 * Spec: docs/protocol/delivery.md §10.
 *
 * @module
 */

import { enqueueContent, toGone } from '../delivery/sealing.ts';
import { nowMs } from '../device/context.ts';
import type { ChatChange } from './chat-session.ts';
import { forgetHistory } from './forget.ts';

/** What is left of an ended chat is kept so long at most: as an envelope lives on a relay. */
export const END_RECORD_MS: number = 30 * 86_400_000;

/** This side ends it. */
export async function endChat(change: ChatChange): Promise<void> {
  await destroy(change);
  const endSeq = enqueueContent(change, { type: 'end' });
  change.record = { ...change.record, state: 'ended', endSeq, endedAtMs: nowMs(change.context) };
  change.events.push({ type: 'ended', chat: change.session.n, why: 'ended' });
}

/** The other side ended it. Executed in the transaction that commits their `end`. */
export async function endedByThem(change: ChatChange): Promise<void> {
  const known = change.record.state === 'ended';
  await destroy(change);
  const endedAtMs = change.record.endedAtMs ?? nowMs(change.context);
  change.record = { ...change.record, state: 'ended', endedByThem: true, endedAtMs };
  if (!known) {
    change.events.push({ type: 'ended', chat: change.session.n, why: 'endedByThem' });
  }
}

/** The history goes; what waited in it goes out as `gone`, so that the order holds. */
async function destroy(change: ChatChange): Promise<void> {
  for (const [seq, entry] of change.session.outbox.entries()) {
    if (entry.n !== undefined && !entry.sealed) {
      change.outbox.set(seq, toGone(change, entry));
    }
  }
  await forgetHistory(change);
}
