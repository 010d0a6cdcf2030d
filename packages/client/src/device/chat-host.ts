/**
 * What a chat needs of the device that it belongs to.
 *
 * @module
 */

import type { LiveChat } from '../chat/live-chat.ts';
import type { MoveHost } from '../delivery/mailbox-move.ts';
import type { EndReason } from '../events.ts';

export interface ChatHost extends MoveHost {
  /** How long a relay keeps what is not used (relay §4.2). */
  readonly idleWeeks: number;
  accept(chat: LiveChat): Promise<void>;
  block(chat: LiveChat): Promise<void>;
  /** Removes the chat from this device and its mailbox from the relay; told as `ended` if `why` is given. */
  forget(chat: LiveChat, why: EndReason | undefined): Promise<void>;
  /** The inbox that a request was put to is not there. */
  inviteMayBeOver(chat: LiveChat): void;
  /** Contents of the chat are on the relay. */
  put(chat: LiveChat, seqs: readonly number[]): void;
}
