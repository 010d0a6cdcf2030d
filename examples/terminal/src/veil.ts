/**
 * Messages whose countdown starts when they are read: nothing of them is shown before that start is on the disk.
 *
 * Until then a message stands there without what it says, so that no view holds it either.
 *
 * Spec: docs/protocol/timers.md §2 and §9.
 *
 * @module
 */

import type { Message } from '@secret-chat/client';
import { PREVIEW_BELOW_SECONDS } from '@secret-chat/crypto';

/** Whether being on the screen is being read: a timed file that is not here yet is read when it is opened. */
export function isReadWhenShown(message: Message): boolean {
  return message.from === 'them' && message.state === 'received' && !isFileToOpen(message);
}

/** Whether reading it starts its countdown. */
export function startsWhenRead(message: Message): boolean {
  const isContent = message.kind === 'text' || message.kind === 'file';
  return isContent && typeof message.timer === 'number' && isReadWhenShown(message);
}

/** The message without what it says. */
export function veiled({ n, from, state, at, timer, replyTo, place, kind }: Message): Message {
  return {
    kind: 'hidden',
    what: kind === 'file' ? 'file' : 'text',
    n,
    from,
    state,
    at,
    timer,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(place === undefined ? {} : { place }),
  };
}

/** Whether it is on its way to be shown; others are hidden until they are viewed. */
export function isVeiled(message: Message): boolean {
  const { kind, timer } = message;
  return kind === 'hidden' && typeof timer === 'number' && (message.what === 'text' || timer >= PREVIEW_BELOW_SECONDS);
}

/** Whether it is a file whose time begins when it is here and seen, and not before. */
export function isFileToOpen(message: Message): boolean {
  return message.kind === 'file' && typeof message.timer === 'number' && message.fileState !== 'fetched';
}
