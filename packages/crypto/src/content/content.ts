/**
 * Contents: all that one device can say to the other in a chat.
 *
 * Spec: docs/protocol/content.md §2 and §3.
 *
 * @module
 */

import type { TimerValue } from '../timer/timer-value.ts';

/** Names a message of a chat: who sent it, and its `seq` there. */
export interface MessageRef {
  readonly sender: 'initiator' | 'responder';
  readonly seq: number;
}

/** Where a device can be reached: an address (32 bytes) on a relay. */
export interface Route {
  readonly relay: string;
  readonly address: Uint8Array;
}

/** A message that was read or viewed, and how long ago, in ms: a duration, since clocks are never compared. */
export interface Receipt {
  readonly seq: number;
  readonly ageMs: number;
}

/** `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What opens a file (content §3.3). */
export interface FileDescriptor {
  /** `fk`, 32 bytes: a secret. */
  readonly key: Uint8Array;
  /** Size in bytes of the plaintext. */
  readonly size: number;
  readonly name: string;
  /** Media type, as `image/webp`. */
  readonly mediaType: string;
  /** Where its pieces are. */
  readonly relay: string;
  /** Unix time in seconds until which the relay keeps them. */
  readonly expiresAt: number;
  /** ThumbHash of a photo or video, about 25 bytes. */
  readonly preview?: Uint8Array;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
}

/** Everything that can be said, by type. */
export interface ContentFields {
  /** Asks for a chat; the first content of the initiator. */
  readonly request: Route & { readonly text?: string };
  /** Accepts a chat; the first content of the responder. */
  readonly accept: Route;
  readonly text: { readonly text: string; readonly replyTo?: MessageRef };
  readonly file: { readonly file: FileDescriptor; readonly caption?: string; readonly replyTo?: MessageRef };
  /** Messages of the other side that were read. */
  readonly read: { readonly messages: readonly Receipt[] };
  /** Media of the other side that was viewed. */
  readonly viewed: { readonly messages: readonly Receipt[] };
  /** The chat's timer for messages to come. */
  readonly timer: { readonly timer: TimerValue };
  readonly delete: { readonly messages: readonly MessageRef[] };
  /** Clears the history up to these seqs, both included. */
  readonly clear: { readonly initiator: number; readonly responder: number };
  readonly end: Record<never, never>;
  /** A screenshot was noticed, of one message or of the chat. */
  readonly screenshot: { readonly message?: MessageRef };
  /** The sender's mailbox has moved. */
  readonly address: Route;
  /** Asks for contents that are missing, by seq. */
  readonly resend: { readonly ranges: readonly Range[] };
  /** Stands for a content that is not coming any more; `hash` is what that content's hash was, 16 bytes. */
  readonly gone: { readonly hash: Uint8Array };
  /** All pieces of the file in the other side's message `seq` arrived. */
  readonly fetched: { readonly seq: number };
  /** Pieces of that file are missing, by index. */
  readonly needPieces: { readonly seq: number; readonly ranges: readonly Range[] };
  /** Nothing: carries an `ack`. */
  readonly noop: Record<never, never>;
  /** The sender is typing. */
  readonly typing: Record<never, never>;
}

/** All types of this version (content §3.2). */
export type ContentType = keyof ContentFields;

/** One content: a discriminated union on `type`. */
export type Content = { [T in ContentType]: { readonly type: T } & ContentFields[T] }[ContentType];

/** Types with `seq` 0: never stored, repeated or acknowledged. */
export type UnsequencedType = 'noop' | 'typing';

/** False for {@link UnsequencedType}: `seq` 0 and no salt (content §2.2). */
export function isSequenced(type: ContentType): boolean {
  return type !== 'noop' && type !== 'typing';
}
