/**
 * When a mailbox is old enough to move: by age and by what it received, both at random around their limits.
 *
 * Spec: docs/protocol/delivery.md §11.
 *
 * @module
 */

import type { ChatRecord } from '../chat/chat-record.ts';
import type { Effects } from '../effects.ts';

/** A relay sees no mailbox that lives on for months, and none that counts a chat's messages. */
export const DEFAULT_MOVES: MoveLimits = { afterMs: 7 * 86_400_000, afterEnvelopes: 1000 };
/** Each limit is this much less or more at random, so that the mailboxes of a device do not move together. */
const JITTER = 0.25;
const RANDOM_SIZE = 4;
const RANDOM_RANGE = 0x1_0000_0000;

export interface MoveLimits {
  readonly afterMs: number;
  readonly afterEnvelopes: number;
}

/** The record of a chat whose mailbox begins to count now. */
export function withMoveDue(record: ChatRecord, { afterMs, afterEnvelopes }: MoveLimits, effects: Effects): ChatRecord {
  return {
    ...record,
    moveAtMs: Math.max(0, Math.floor(effects.clock.wallMs() + afterMs * jitter(effects))),
    moveAfter: Math.max(1, Math.round(afterEnvelopes * jitter(effects))),
  };
}

/** So many envelopes came over the mailbox. */
export function countReceived(record: ChatRecord, count: number): ChatRecord {
  const { moveAfter } = record;
  return moveAfter === undefined || moveAfter === 0 || count === 0
    ? record
    : { ...record, moveAfter: Math.max(0, moveAfter - count) };
}

/** False for a mailbox that does not count yet; and if the clock was set back since, so that it would move in years. */
export function hasMoveDue({ moveAtMs }: ChatRecord, { afterMs }: MoveLimits, nowMs: number): boolean {
  return moveAtMs !== undefined && moveAtMs - nowMs <= afterMs * (1 + JITTER);
}

/** How long until the mailbox is due, in ms. */
export function untilMove({ moveAtMs = 0, moveAfter }: ChatRecord, nowMs: number): number {
  return moveAfter === 0 ? 0 : Math.max(0, moveAtMs - nowMs);
}

/** 0.75 to 1.25 */
function jitter({ random }: Effects): number {
  return 1 - JITTER + 2 * JITTER * fractionOf(random(RANDOM_SIZE));
}

function fractionOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / RANDOM_RANGE;
}
