/**
 * The chat's timer: what messages to come are ordered to do.
 *
 * Spec: docs/protocol/content.md §3.4, docs/protocol/timers.md §1.
 *
 * @module
 */

import { type TimerValue, timerToWire } from '@secret-chat/crypto';
import { enqueue, numberContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import type { ChatChange } from './chat-session.ts';
import { addEntry } from './history.ts';

/** Sets it, tells the other side, and notes it in the history. @throws `ClientError` `INVALID_ARGUMENT` */
export function changeTimer(change: ChatChange, timer: TimerValue): void {
  const wire = wireOf(timer);
  const content = numberContent(change, { type: 'timer', timer }, 'off');
  const entry = { from: 'me', kind: 'timer', state: 'queued', seq: content.seq, timer: 'off', content } as const;
  const message = addEntry(change, entry);
  enqueue(change, 'timer', content, 'off', message.n);
  change.record = { ...change.record, timer: wire, timerSeq: content.seq };
  change.events.push({ type: 'message', chat: change.session.n, message });
}

function wireOf(timer: TimerValue): number {
  try {
    return timerToWire(timer);
  } catch {
    throw new ClientError('INVALID_ARGUMENT', "a timer is 'off', 'once', or a whole number of seconds");
  }
}
