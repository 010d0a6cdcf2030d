/**
 * Events as JSON objects: what programs that drive this one rely on. Fields are added, never changed.
 *
 * @module
 */

import type { Invite, Message } from '@secret-chat/client';
import { digitsToText, pictureToText, wordsToText } from '@secret-chat/crypto';
import type { SessionEvent } from '../../session-event.ts';

export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What is printed for an event; `undefined` fields are left out. */
export function toJsonEvents(event: SessionEvent): JsonEvent[] {
  switch (event.type) {
    case 'message': {
      const { chat, message } = event;
      const shown = { event: 'message', chat, ...toJsonMessage(message) };
      // What follows tells how far a message of this side is, from the very beginning.
      return message.from === 'me' ? [shown, { event: 'state', chat, n: message.n, state: message.state }] : [shown];
    }
    case 'view':
      return [{ event: 'view', chat: event.chat, ...toJsonMessage(event.message) }];
    case 'invite':
      return [{ event: 'invite', ...toJsonInvite(event.invite), command: event.command }];
    case 'invites':
      return [{ event: 'invites', invites: event.invites.map(toJsonInvite) }];
    case 'inviteEnded':
      return [{ event: 'inviteEnded', n: event.invite, why: event.why }];
    case 'focus':
      return [{ event: 'focus', chat: event.chat?.chat ?? null, name: event.chat?.name }];
    case 'history':
      return [{ event: 'history', chat: event.chat, messages: event.messages.map(toJsonMessage) }];
    case 'fingerprint': {
      const { chat, verified, fingerprint } = event;
      const digits = digitsToText(fingerprint.digits);
      const words = wordsToText(fingerprint.words);
      return [{ event: 'fingerprint', chat, verified, digits, words, picture: pictureToText(fingerprint.picture) }];
    }
    case 'markedRead':
      return [];
    case 'link':
      return [
        {
          event: 'link',
          relay: event.relay,
          state: event.link.state,
          reason: event.link.state === 'waiting' ? event.link.reason : undefined,
        },
      ];
    default: {
      const { type, ...fields } = event;
      return [{ event: type, ...fields }];
    }
  }
}

function toJsonInvite({ link, n, reusable, expiresAt, loopback }: Invite) {
  return { link, n, reusable, expiresAt, loopback };
}

function toJsonMessage(message: Message) {
  const { n, from, kind, state, at, timer, endsAt, replyTo, place } = message;
  return {
    n,
    from,
    kind,
    state,
    at,
    replyTo,
    place,
    timer: timer === 'off' ? undefined : timer,
    endsAt,
    ...body(message),
  };
}

function body(message: Message) {
  switch (message.kind) {
    case 'text':
      return { text: message.text };
    case 'file': {
      // The rest of the descriptor opens the file, and is for nobody else.
      const { name, size, mediaType } = message.file;
      return { file: { name, size, mediaType }, fileState: message.fileState, text: message.caption };
    }
    case 'hidden':
      return { what: message.what };
    case 'timer':
      return { chatTimer: message.chatTimer };
    case 'missing':
      return { count: message.count };
    default:
      return {};
  }
}
