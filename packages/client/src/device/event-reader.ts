/**
 * Events of an earlier time, made anew from what the journal kept of them.
 *
 * @module
 */

import type { DeviceEvent, EndReason, StaleReason } from '../events.ts';
import type { Message } from '../message.ts';
import type { JournalEntry } from './device-record.ts';
import { requestEvent } from './new-chat.ts';

/** Chats as they are shown now. */
export interface ShownChats {
  get(chat: number): ShownChat | undefined;
}

interface ShownChat {
  readonly name: string;
  message(n: number): Promise<Message | undefined>;
  request(): Promise<Message | undefined>;
}

/** `undefined` when what it was about is gone or not shown any more, or the entry is of a later version. */
export async function readEvent(
  chats: ShownChats,
  { type, chat = 0, n = 0, count = 0, why = '', numbers = [] }: JournalEntry,
): Promise<DeviceEvent | undefined> {
  switch (type) {
    case 'request': {
      const shown = chats.get(chat);
      return shown && requestEvent(chat, shown.name, await shown.request());
    }
    case 'accepted': {
      const name = chats.get(chat)?.name;
      return name === undefined ? undefined : { type, chat, name };
    }
    case 'message': {
      const message = await chats.get(chat)?.message(n);
      return message && { type, chat, message };
    }
    case 'state': {
      const message = await chats.get(chat)?.message(n);
      return message && { type, chat, n, state: message.state };
    }
    case 'file': {
      const message = await chats.get(chat)?.message(n);
      return message?.kind === 'file' ? { type, chat, n, fileState: message.fileState } : undefined;
    }
    case 'missing':
      return { type, chat, n, count };
    case 'destroyed':
      return { type, chat, n, why: why as 'timer' | 'deleted' | 'cleared' | 'ended' };
    case 'deletion':
      return { type, chat, numbers, state: why as 'asked' | 'confirmed' };
    case 'stale':
      return { type, chat, why: why as StaleReason };
    case 'unreadable':
    case 'unverified':
      return { type, chat };
    case 'ended':
      return { type, chat, why: why as EndReason };
    case 'inviteEnded':
      return { type, invite: n, why: why as 'accepted' | 'expired' | 'revoked' };
    default:
      return undefined;
  }
}
