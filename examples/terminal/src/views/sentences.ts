/**
 * What happened, in words that the plain and the full-screen view share.
 *
 * @module
 */

import type {
  ChatState,
  DeviceEvent,
  EndReason,
  FileState,
  LinkState,
  Message,
  StaleReason,
} from '@secret-chat/client';
import { oneLine } from '../harmless.ts';
import { timerText } from './timer-text.ts';

export const CHAT_STATES: { readonly [State in ChatState]: string } = {
  requested: 'waits for your answer',
  waiting: 'waits until they accept',
  open: 'open',
  stale: 'stopped: one of the two profiles is an old copy',
  ended: 'over',
};

export const END_REASONS: { readonly [Reason in EndReason]: string } = {
  ended: 'you ended it',
  endedByThem: 'they ended it',
  blocked: 'you blocked them',
  rejected: 'you rejected the request',
  cancelled: 'you took the request back',
  expired: 'nobody accepted in time',
  inviteGone: 'the invite was used by somebody else, or taken back',
};

export const STALE_REASONS: { readonly [Reason in StaleReason]: string } = {
  fork: 'two copies of a profile were in use',
  ackFromFuture: 'they know messages that this profile does not: it is an old copy',
  digest: 'the two histories do not fit together',
  displaced: 'another program uses a copy of this profile',
};

export const INVITE_ENDS: { readonly [Reason in Extract<DeviceEvent, { type: 'inviteEnded' }>['why']]: string } = {
  accepted: 'was used',
  expired: 'has expired',
  revoked: 'was revoked',
};

export const DESTROYED: { readonly [Reason in Extract<DeviceEvent, { type: 'destroyed' }>['why']]: string } = {
  timer: 'its timer ran out',
  deleted: 'it was deleted',
  cleared: 'the history was cleared',
  ended: 'the chat ended',
};

export const FILE_STATES: { readonly [State in FileState]: string } = {
  uploading: 'on its way to the relay',
  paused: 'paused',
  up: 'on the relay',
  remote: 'not fetched yet',
  fetching: 'being fetched',
  fetched: 'fetched',
  missing: 'not on the relay any more',
  damaged: 'damaged',
};

export const DELETIONS: { readonly [State in 'asked' | 'confirmed']: string } = {
  asked: 'destroyed here; the other side was asked to destroy it too',
  confirmed: 'the other side says that it destroyed it',
};

/** What an entry says where it holds no text, and a text where it does; line breaks stay. */
export function bodyText(message: Message): string {
  switch (message.kind) {
    case 'text':
      return message.text;
    case 'file': {
      const { name, size } = message.file;
      const isToSave = message.from === 'them' && (message.fileState === 'remote' || message.fileState === 'fetched');
      const how = isToSave ? `: /save ${message.n} <path>` : '';
      const file = `[file ${oneLine(name)}, ${sizeText(size)}, ${FILE_STATES[message.fileState]}${how}]`;
      return message.caption === undefined ? file : `${file} ${message.caption}`;
    }
    case 'hidden':
      return `[a ${message.what} that is hidden until you open it: /view ${message.n}]`;
    case 'timer':
      return `[timer of messages to come: ${timerText(message.chatTimer)}]`;
    case 'screenshot':
      return '[took a screenshot]';
    case 'missing':
      return message.count === 1
        ? '[a message is missing and was asked for again]'
        : `[${message.count} messages are missing and were asked for again]`;
    case 'unreadable':
      return '[a message that cannot be read: it is damaged]';
    case 'newer':
      return '[a message that only a newer version can show]';
    case 'lost':
      return '[a message that the sender did not have any more]';
    case 'destroyed':
      return '[destroyed]';
  }
}

export function linkText(link: LinkState): string {
  return link.state === 'waiting' ? `offline (${oneLine(link.reason)})` : link.state;
}

/** When, by this machine's clock and time zone. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function timeText(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Day and time, to the second. */
export function clockText(ms: number): string {
  return `${dateText(ms)} ${timeText(ms)}:${two(new Date(ms).getSeconds())}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** power).toFixed(1))} ${units[power]}`;
}
