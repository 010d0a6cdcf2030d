/**
 * What the other side misses is sealed anew under the same seq.
 *
 * Spec: docs/protocol/delivery.md §6.3, docs/protocol/content.md §3.4.
 *
 * @module
 */

import type { Range } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { nowMs } from '../device/context.ts';
import { ENVELOPE, type OutboxRecord } from './outbox-record.ts';
import { toGone } from './sealing.ts';

/** After so many times `gone` goes out: what does not arrive then is lost by more than chance. */
const MAX_RESENDS = 3;
/**
 * Who never learned where this side can be reached could not answer any more (delivery §11), and a `gone` that is acknowledged
 * must not say that something was destroyed (§10 and §12).
 */
const NEVER_GIVEN_UP: ReadonlySet<string> = new Set(['accept', 'address', 'delete', 'clear', 'end']);

/**
 * A content is sealed anew no more often than this, or one small question after the other would make this side send its whole
 * window each time. An honest device asks once a minute, and ten seconds after it connected.
 */
const RESEND_PACE_MS = 30_000;

/** Ranges are cut to what was sealed and is not acknowledged, before anything loops over them. */
export function resendAsked(change: ChatChange, ranges: readonly Range[]): void {
  const { covered, sealedSeq } = change.record;
  const asked = new Set<number>();
  for (const { from, to } of ranges) {
    for (let seq = Math.max(from, covered + 1); seq <= Math.min(to, sealedSeq); seq += 1) {
      asked.add(seq);
    }
  }
  const now = nowMs(change.context);
  for (const seq of asked) {
    const entry = change.outbox.get(seq);
    // What is on its way anew is not given up because it was asked for several times meanwhile.
    if (entry?.sealed === true && entry.put && !wasJustResent(entry, now)) {
      const resent = entry.resent + 1;
      const next = resent > MAX_RESENDS && !NEVER_GIVEN_UP.has(entry.type) ? toGone(change, entry) : entry;
      change.outbox.set(seq, { ...next, sealed: false, put: false, resent, resentAtMs: now });
      change.records.delete(ENVELOPE, seq);
    }
  }
}

/** A time in the future is of a clock that was set back since. */
function wasJustResent({ resentAtMs }: OutboxRecord, now: number): boolean {
  return resentAtMs !== undefined && resentAtMs <= now && now - resentAtMs < RESEND_PACE_MS;
}
