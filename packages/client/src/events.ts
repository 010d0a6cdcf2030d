/**
 * What a device tells: one union of events.
 *
 * @module
 */

import type { ClientErrorCode } from './errors.ts';
import type { LinkState } from './link/relay-link.ts';
import type { FileProgress, FileState } from './media/file.ts';
import type { Message, MessageState } from './message.ts';

/** `chat` is {@link Chat.n}, `n` is {@link Message.n}. */
export type DeviceEvent =
  /** Someone used an invite and waits to be accepted. `text` is what they wrote with it, the chat's first `message` too. */
  | { readonly type: 'request'; readonly chat: number; readonly name: string; readonly text?: string }
  /** The chat is open: the other side accepted, or this side did. */
  | { readonly type: 'accepted'; readonly chat: number; readonly name: string }
  /** A new entry of the history, of either side. */
  | { readonly type: 'message'; readonly chat: number; readonly message: Message }
  /** A message's state changed. */
  | { readonly type: 'state'; readonly chat: number; readonly n: number; readonly state: MessageState }
  /** A message's countdown has begun, or ends earlier now: at that time, as {@link Message.endsAt} says. Not kept. */
  | { readonly type: 'countdown'; readonly chat: number; readonly n: number; readonly endsAt: number }
  /** A file's state changed. */
  | { readonly type: 'file'; readonly chat: number; readonly n: number; readonly fileState: FileState }
  /** A file is on its way; now and then, and not kept. */
  | ({ readonly type: 'progress'; readonly chat: number; readonly n: number } & FileProgress)
  /** The message is gone for good. */
  | {
      readonly type: 'destroyed';
      readonly chat: number;
      readonly n: number;
      readonly why: 'timer' | 'deleted' | 'cleared' | 'ended';
    }
  /** Deleted messages: the other side was asked to delete them too, or has said that it did. */
  | {
      readonly type: 'deletion';
      readonly chat: number;
      readonly numbers: readonly number[];
      readonly state: 'asked' | 'confirmed';
    }
  /** Messages of theirs are missing and were asked for again; `n` is the entry that stands for them. */
  | { readonly type: 'missing'; readonly chat: number; readonly n: number; readonly count: number }
  /** The other person is typing, until `typing: false` or the next message. */
  | { readonly type: 'typing'; readonly chat: number; readonly typing: boolean }
  /** One of the two stores is an old copy: the chat does not send any more, and can be ended and begun anew. */
  | { readonly type: 'stale'; readonly chat: number; readonly why: StaleReason }
  /** Envelopes arrive that nothing opens: one of the two stores is damaged or old, or the relay makes them up. */
  | { readonly type: 'unreadable'; readonly chat: number }
  /** The fingerprint is not the one that was verified: somebody may sit between. */
  | { readonly type: 'unverified'; readonly chat: number }
  /** The chat is over. */
  | { readonly type: 'ended'; readonly chat: number; readonly why: EndReason }
  /** An invite of this device is over. */
  | { readonly type: 'inviteEnded'; readonly invite: number; readonly why: 'accepted' | 'expired' | 'revoked' }
  /** The account is gone, and everybody was told; the device is closed. */
  | { readonly type: 'deleted' }
  /** The device was not used for a while, and closes itself. */
  | { readonly type: 'locked' }
  /** How the connection to a relay stands. */
  | { readonly type: 'link'; readonly relay: string; readonly link: LinkState }
  /** Something went wrong that no call can report. */
  | { readonly type: 'error'; readonly code: ClientErrorCode; readonly message: string; readonly chat?: number };

/** How an old copy was noticed (docs/protocol/delivery.md §8). */
export type StaleReason =
  /** An envelope came from a copy of a store. */
  | 'fork'
  /** They acknowledge what this store never sent. */
  | 'ackFromFuture'
  /** They counted other contents than this store sent. */
  | 'digest'
  /** Another program took over this device's mailbox. */
  | 'displaced';

export type EndReason =
  /** This side ended it. */
  | 'ended'
  /** The other side ended it. */
  | 'endedByThem'
  | 'blocked'
  | 'rejected'
  | 'cancelled'
  /** Nobody accepted before the invite expired. */
  | 'expired'
  /** The invite was used up, or taken back, before this side was accepted. */
  | 'inviteGone';

export type Listener = (event: DeviceEvent) => void;
