/**
 * Contents that arrived before something that is still missing, and wait for it.
 *
 * Spec: docs/protocol/delivery.md §5.3 and §10.
 *
 * @module
 */

import { type Content, type DecodedContent, decodeContent, timerFromWire, timerToWire } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import type { Incoming } from './incoming.ts';
import type { AheadRecord } from './outbox-record.ts';

/** All that still counts in a chat that is over (§10): the rest is acknowledged and leaves nothing. */
const AFTER_THE_END: ReadonlySet<Content['type']> = new Set<Content['type']>(['end', 'resend', 'address']);

/** Whether a content of theirs has an effect in the chat as it is. */
export function stillCounts({ record }: Pick<ChatChange, 'record'>, decoded: DecodedContent): boolean {
  return record.state !== 'ended' || (decoded.kind === 'known' && AFTER_THE_END.has(decoded.content.type));
}

/** Lets a content wait; of one that does not count, only what the order needs. */
export function hold(change: ChatChange, { seq, hash, timer, bytes, decoded }: Incoming): void {
  const record: AheadRecord = { hash, timer: timerToWire(timer) };
  if (stillCounts(change, decoded)) {
    change.ahead.set(seq, bytes === undefined ? { ...record, broken: true } : { ...record, held: bytes });
  } else {
    change.ahead.set(seq, record);
  }
}

/** The chat is over: what waited is destroyed unless it still counts. */
export function dropHeld(change: ChatChange): void {
  for (const [seq, held] of [...change.session.ahead.entries()]) {
    const now = change.ahead.get(seq);
    if (now !== undefined && isHeld(now) && !stillCounts(change, fromHeld(seq, now).decoded)) {
      change.ahead.set(seq, { hash: held.hash, timer: held.timer });
    }
  }
}

/** True until it was applied. */
export function isHeld({ held, broken }: AheadRecord): boolean {
  return held !== undefined || broken === true;
}

export function fromHeld(seq: number, { held, hash, timer }: AheadRecord): Incoming {
  return { seq, timer: timerFromWire(timer), bytes: held, decoded: decodeContent(held, seq), hash };
}
