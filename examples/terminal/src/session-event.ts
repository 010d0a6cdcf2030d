/**
 * What a session tells its view: everything that the device tells, and what commands have to say.
 *
 * @module
 */

import type { ChatState, DeviceEvent, Invite, Message } from '@secret-chat/client';
import type { Fingerprint, TimerValue } from '@secret-chat/crypto';
import type { Picture } from './photos/photos.ts';
import type { Problem } from './problem.ts';

/** A chat in a list. */
export interface ChatSummary {
  readonly chat: number;
  readonly name: string;
  readonly state: ChatState;
  readonly verified: boolean;
  readonly unread: number;
  readonly timer: TimerValue;
  readonly inFocus: boolean;
}

/** A command, as help shows it. */
export interface CommandHelp {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
}

export type SessionEvent =
  | Exclude<DeviceEvent, { readonly type: 'error' }>
  /** The device is open; the first event. */
  | {
      readonly type: 'ready';
      readonly profile: string;
      readonly name: string;
      readonly relay: string;
      readonly chats: readonly ChatSummary[];
    }
  /** An invite to pass on, and what the other person types. */
  | { readonly type: 'invite'; readonly invite: Invite; readonly command: string }
  | { readonly type: 'invites'; readonly invites: readonly Invite[] }
  | { readonly type: 'chats'; readonly chats: readonly ChatSummary[] }
  /** Requests that wait for an answer. */
  | { readonly type: 'requests'; readonly chats: readonly ChatSummary[] }
  /** Another chat is in focus, or none. */
  | { readonly type: 'focus'; readonly chat: ChatSummary | undefined }
  | { readonly type: 'history'; readonly chat: number; readonly name: string; readonly messages: readonly Message[] }
  | {
      readonly type: 'fingerprint';
      readonly chat: number;
      readonly name: string;
      readonly verified: boolean;
      readonly fingerprint: Fingerprint;
    }
  /** Messages of theirs were read here. */
  | { readonly type: 'markedRead'; readonly chat: number; readonly numbers: readonly number[] }
  /** A message was opened; it is to be closed by `Session.closeView`. */
  | { readonly type: 'view'; readonly chat: number; readonly message: Message; readonly picture?: Picture }
  /** The file of a message was saved. */
  | { readonly type: 'saved'; readonly chat: number; readonly n: number; readonly path: string }
  /** What relays hold was written to a file. */
  | { readonly type: 'exported'; readonly path: string }
  | { readonly type: 'help'; readonly commands: readonly CommandHelp[] }
  /** Something was done, or is worth knowing. */
  | { readonly type: 'note'; readonly text: string; readonly chat?: number }
  | ({ readonly type: 'error'; readonly chat?: number } & Problem);
