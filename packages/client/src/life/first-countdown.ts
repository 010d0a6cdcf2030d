/**
 * The countdown of a new entry.
 *
 * Spec: docs/protocol/timers.md §2.
 *
 * @module
 */

import { newCountdown, serializeCountdown, type TimerValue } from '@secret-chat/crypto';
import type { MessageRecord } from '../chat/message-record.ts';

/** Notices of this device's own, which nobody wrote. */
const STAYS: ReadonlySet<MessageRecord['kind']> = new Set(['timer', 'missing', 'lost'] as const);

/** As it is stored; `undefined` for an entry that stays. */
export function firstCountdown(
  kind: MessageRecord['kind'],
  from: 'me' | 'them',
  timer: TimerValue,
): Uint8Array | undefined {
  if (timer === 'off' || STAYS.has(kind)) {
    return undefined;
  }
  const terms = {
    kind: kind === 'file' ? 'media' : 'text',
    role: from === 'me' ? 'sender' : 'recipient',
    timer,
  } as const;
  return serializeCountdown(newCountdown(terms));
}
