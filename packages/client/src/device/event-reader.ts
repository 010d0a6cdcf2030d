/**
 * Events of an earlier time, made anew from what the journal kept of them.
 *
 * @module
 */

import { readEntry } from '../chat/history.ts';
import type { DeviceEvent, EndReason, StaleReason } from '../events.ts';
import { numberScope } from '../vault/scopes.ts';
import type { Vault } from '../vault/vault.ts';
import type { JournalEntry } from './device-record.ts';

/** `undefined` when what it was about is gone, or the entry is of a later version. */
export async function readEvent(
  vault: Vault,
  nameOf: (chat: number) => string | undefined,
  { type, chat = 0, n = 0, count = 0, why = '' }: JournalEntry,
): Promise<DeviceEvent | undefined> {
  switch (type) {
    case 'request':
    case 'accepted': {
      const name = nameOf(chat);
      return name === undefined ? undefined : { type, chat, name };
    }
    case 'message': {
      const message = await readEntry(vault, numberScope(chat), n);
      return message && { type, chat, message };
    }
    case 'state': {
      const message = await readEntry(vault, numberScope(chat), n);
      return message && { type, chat, n, state: message.state };
    }
    case 'missing':
      return { type, chat, n, count };
    case 'destroyed':
      return { type, chat, n, why: why as 'timer' | 'deleted' | 'cleared' | 'ended' };
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
