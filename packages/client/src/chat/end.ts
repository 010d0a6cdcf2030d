/**
 * The end of a chat: its contents are destroyed on both sides, and what is left goes once the other side knows.
 *
 * Spec: docs/protocol/delivery.md §10.
 *
 * @module
 */

import { dropHeld } from '../delivery/held.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { nowMs } from '../device/context.ts';
import { ALL, markCleared } from '../life/clearing.ts';
import type { ChatChange } from './chat-session.ts';

/** What is left of an ended chat is kept so long at most: as an envelope lives on a relay. */
export const END_RECORD_MS: number = 30 * 86_400_000;

/** This side ends it. */
export function endChat(change: ChatChange): void {
  markCleared(change, ALL);
  const endSeq = enqueueContent(change, { type: 'end' });
  change.record = { ...change.record, state: 'ended', endSeq, endedAtMs: nowMs(change.context) };
  dropHeld(change);
  change.events.push({ type: 'ended', chat: change.session.n, why: 'ended' });
}

/** The other side ended it. Executed in the transaction that commits their `end`. */
export function endedByThem(change: ChatChange): void {
  const known = change.record.state === 'ended';
  markCleared(change, ALL);
  const endedAtMs = change.record.endedAtMs ?? nowMs(change.context);
  change.record = { ...change.record, state: 'ended', endedByThem: true, endedAtMs };
  if (!known) {
    change.events.push({ type: 'ended', chat: change.session.n, why: 'endedByThem' });
  }
}
