/**
 * Messages: the entries of a chat's history.
 *
 * @module
 */

import type { TimerValue } from '@secret-chat/crypto';
import type { FileInfo, FileState } from './media/file.ts';

/**
 * How far a message of mine is: waits on this device · ✓ the relay has it · ✓✓ the other person has read it. A message of
 * theirs is `received`, and `read` once it was read here.
 */
export type MessageState = 'queued' | 'sent' | 'received' | 'read';

/** What an entry shows. */
export type MessageBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly file: FileInfo; readonly fileState: FileState; readonly caption?: string }
  /** To be seen with `Chat.view` alone: once, or for less than a minute. Of a photo there may be a blurred preview (a ThumbHash). */
  | { readonly kind: 'hidden'; readonly what: 'text' | 'file'; readonly preview?: Uint8Array }
  /** The chat's timer was changed. */
  | { readonly kind: 'timer'; readonly chatTimer: TimerValue }
  /** The sender's device noticed a screenshot; of one message if `replyTo` names it, else of the chat. */
  | { readonly kind: 'screenshot' }
  /** So many messages of theirs did not arrive and were asked for again; what still comes stands at this place. */
  | { readonly kind: 'missing'; readonly count: number }
  /** A message that cannot be read: damaged. */
  | { readonly kind: 'unreadable' }
  /** A message of a type that only a newer version knows. */
  | { readonly kind: 'newer' }
  /** The sender's device no longer had it when it was asked for again. */
  | { readonly kind: 'lost' }
  /** The message was destroyed; nothing of it is left. */
  | { readonly kind: 'destroyed' };

/** One entry of a history. */
export type Message = MessageBody & {
  /** Counts within the chat, from 1; never changes and is never used again. */
  readonly n: number;
  readonly from: 'me' | 'them';
  readonly state: MessageState;
  /** When it was written or arrived, by this device's clock: Unix time in milliseconds. */
  readonly at: number;
  /** The message's own timer. */
  readonly timer: TimerValue;
  /** The message it answers, if that is known here. */
  readonly replyTo?: number;
  /** When it destroys itself, by this device's clock: Unix time in milliseconds. Only once its countdown runs. */
  readonly endsAt?: number;
  /** A late one: it belongs to the place of that `missing` entry. */
  readonly place?: number;
};
