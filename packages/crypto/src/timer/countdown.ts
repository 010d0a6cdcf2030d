/**
 * The countdown of one message on one device, as a pure state machine.
 *
 * Spec: docs/protocol/timers.md §2, §4 and §5. Times are those of the life clock (§3), in milliseconds.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { requireTime } from './life-clock.ts';
import { type TimerValue, timerToWire } from './timer-value.ts';

/** Media with a shorter timer than this is a blurred preview until it is viewed (§2). */
export const PREVIEW_BELOW_SECONDS = 60;

/**
 * What destroying a message removes, in this order (§6): after the first step the rest is ciphertext that nobody can
 * open. The last step is the sender's.
 */
export const DESTRUCTION_ORDER = ['item-key', 'rows', 'previews', 'cached-pieces', 'relay-pieces'] as const;

/** One of them. */
export type DestructionStep = (typeof DESTRUCTION_ORDER)[number];

/** What never changes about a countdown. */
export interface CountdownTerms {
  /** 'media': photo, video, voice or any other file. */
  readonly kind: 'text' | 'media';
  readonly role: 'sender' | 'recipient';
  /** The message's own timer; a later change of the chat's timer does not touch it. */
  readonly timer: TimerValue;
}

/** Where a countdown stands. */
export type CountdownPhase =
  /** The timer is off: the message stays until someone deletes it. */
  | { readonly phase: 'kept' }
  /** Not started; {@link countdownStartsOn} tells what it waits for. */
  | { readonly phase: 'waiting' }
  /** Ends at `deadlineMs` (an integer) of the life clock. */
  | { readonly phase: 'running'; readonly deadlineMs: number }
  /** A view-once message is open at the recipient. */
  | { readonly phase: 'viewing' }
  | { readonly phase: 'gone' };

/** What is ordered for one message, and how far that is; never changed, only replaced by {@link stepCountdown}. */
export type Countdown = CountdownTerms & CountdownPhase;

/** What happened, and the life clock's time. Events of the other role change nothing. */
export type CountdownEvent =
  /** Recipient: it was shown. For a file that is not fetched yet: it was opened for the first time. */
  | { readonly type: 'read'; readonly nowMs: number }
  /** Recipient: the viewer opened. */
  | { readonly type: 'viewed'; readonly nowMs: number }
  /** Recipient: the viewer closed. */
  | { readonly type: 'closed'; readonly nowMs: number }
  /** Sender: the other side says that it read or viewed the message. */
  | ReceiptEvent
  /** The process started anew; `tampered` as the life clock found. */
  | { readonly type: 'restart'; readonly nowMs: number; readonly tampered: boolean }
  /** Time passed. */
  | { readonly type: 'tick'; readonly nowMs: number };

/** A `read` or `viewed` receipt that arrived at the sender (§5). */
export interface ReceiptEvent {
  readonly type: 'receipt';
  readonly nowMs: number;
  readonly which: 'read' | 'viewed';
  /** How long before the receipt was sealed it happened, as the recipient says; ≥ 0. */
  readonly ageMs: number;
  /** The latest time at which the receipt certainly was not on the relay yet. */
  readonly notBeforeMs: number;
}

/** A countdown after an event. */
export interface CountdownStep {
  readonly countdown: Countdown;
  /** True if the message must not exist any more: destroy it in {@link DESTRUCTION_ORDER}; doing so twice is harmless. */
  readonly destroy: boolean;
  /** When to send the next 'tick' at the latest. */
  readonly deadlineMs: number | undefined;
}

/**
 * A countdown that has not started.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a bad timer
 */
export function newCountdown({ kind, role, timer }: CountdownTerms): Countdown {
  timerToWire(timer);
  return { kind, role, timer, phase: timer === 'off' ? 'kept' : 'waiting' };
}

/** What starts the countdown (§2); nothing does when the timer is off. */
export function countdownStartsOn({ kind, timer }: CountdownTerms): 'read' | 'viewed' | undefined {
  if (timer === 'off') {
    return undefined;
  }
  return timer === 'once' || (kind === 'media' && timer < PREVIEW_BELOW_SECONDS) ? 'viewed' : 'read';
}

/** Whether the recipient may be shown no more than the blurred preview (of a photo) or a placeholder (§2). */
export function isHiddenUntilViewed(countdown: Countdown): boolean {
  return countdown.role === 'recipient' && countdown.phase === 'waiting' && countdownStartsOn(countdown) === 'viewed';
}

/**
 * The countdown after `event`. Store the result before anything of it is shown (§4).
 *
 * Pure, and total: an event that means nothing in this phase changes nothing. No event moves a deadline back.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a time or an age that is none
 */
export function stepCountdown(countdown: Countdown, event: CountdownEvent): CountdownStep {
  requireEvent(event);
  const next = expire(apply(countdown, event), event.nowMs);
  return {
    countdown: next,
    destroy: next.phase === 'gone',
    deadlineMs: next.phase === 'running' ? next.deadlineMs : undefined,
  };
}

function apply(countdown: Countdown, event: CountdownEvent): Countdown {
  switch (countdown.phase) {
    case 'kept':
    case 'gone':
      return countdown;
    case 'viewing':
      return event.type === 'closed' || event.type === 'restart' ? gone(countdown) : countdown;
    case 'running':
      if (event.type === 'restart' && event.tampered) {
        return gone(countdown);
      }
      return start(countdown, event);
    case 'waiting':
      return start(countdown, event);
  }
}

/** Starts the countdown if `event` does; if it runs already, the earlier deadline stays. */
function start(countdown: Countdown, event: CountdownEvent): Countdown {
  const startMs = startTime(countdown, event);
  if (startMs === undefined) {
    return countdown;
  }
  const { kind, role, timer } = countdown;
  if (typeof timer !== 'number') {
    // 'once': the recipient looks until the viewer closes, the sender's copy goes with the receipt.
    return { kind, role, timer, phase: role === 'recipient' ? 'viewing' : 'gone' };
  }
  // Rounded down: a fraction of a millisecond early, never late.
  const deadlineMs = Math.floor(startMs + timer * 1000);
  const earlier = countdown.phase === 'running' ? Math.min(countdown.deadlineMs, deadlineMs) : deadlineMs;
  return { kind, role, timer, phase: 'running', deadlineMs: earlier };
}

/** When the countdown started, if `event` says that it did. */
function startTime(terms: CountdownTerms, event: CountdownEvent): number | undefined {
  if (terms.role === 'recipient') {
    return starts(terms, event.type) ? event.nowMs : undefined;
  }
  if (event.type !== 'receipt' || !starts(terms, event.which)) {
    return undefined;
  }
  // §5: start = notBefore − age. A time in the future is of a clock that was set back since: now is the latest.
  return Math.min(event.notBeforeMs, event.nowMs) - event.ageMs;
}

/** What was viewed was read, too. */
function starts(terms: CountdownTerms, what: string): boolean {
  return what === 'viewed' || what === countdownStartsOn(terms);
}

function expire(countdown: Countdown, nowMs: number): Countdown {
  return countdown.phase === 'running' && nowMs >= countdown.deadlineMs ? gone(countdown) : countdown;
}

function gone({ kind, role, timer }: Countdown): Countdown {
  return { kind, role, timer, phase: 'gone' };
}

function requireEvent(event: CountdownEvent): void {
  requireTime(event.nowMs, 'time of an event');
  if (event.type === 'receipt') {
    requireTime(event.notBeforeMs, 'notBefore of a receipt');
    if (!(event.ageMs >= 0)) {
      throw new CryptoError('INVALID_ARGUMENT', 'age of a receipt must not be negative');
    }
  }
}
