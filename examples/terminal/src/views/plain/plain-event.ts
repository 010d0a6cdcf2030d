/**
 * Events as lines for people: what happened, then in which chat, then what.
 *
 * @module
 */

import type { Invite, Message } from '@secret-chat/client';
import { digitsToText, pictureToText, wordsToText } from '@secret-chat/crypto';
import { oneLine, shortName } from '../../harmless.ts';
import type { ChatSummary, SessionEvent } from '../../session-event.ts';
import {
  bodyText,
  CHAT_STATES,
  clockText,
  DELETIONS,
  DESTROYED,
  dateText,
  END_REASONS,
  FILE_STATES,
  INVITE_ENDS,
  linkText,
  STALE_REASONS,
  timeText,
} from '../sentences.ts';
import { timerText } from '../timer-text.ts';

/** The lines that an event is printed as; nothing in them drives a terminal. */
export function toPlainLines(event: SessionEvent): string[] {
  return linesOf(event).map(oneLine);
}

function linesOf(event: SessionEvent): string[] {
  switch (event.type) {
    case 'ready': {
      const { profile, name, relay, chats } = event;
      return [`ready: profile ${profile}, you are ${shortName(name)}, relay ${relay}`, ...chats.map(chatLine)];
    }
    case 'invite':
      return [inviteLine(event.invite), `the other person types: ${event.command}`];
    case 'invites':
      return listed(event.invites.map(inviteLine), 'no invites');
    case 'inviteEnded':
      return [`invite ${event.invite} ${INVITE_ENDS[event.why]}`];
    case 'chats':
      return listed(event.chats.map(chatLine), 'no chats');
    case 'requests':
      return listed(event.chats.map(chatLine), 'no requests');
    case 'request': {
      const said = event.text === undefined || event.text === '' ? '' : ` and says: ${event.text}`;
      return [`chat ${event.chat}: ${shortName(event.name)} asks for a chat (/accept, /reject or /block)${said}`];
    }
    case 'accepted':
      return [`chat ${event.chat}: open, with ${shortName(event.name)}`];
    case 'focus':
      return event.chat === undefined ? [] : [`what you type goes to ${chatLine(event.chat)}`];
    case 'message':
      return [messageLine(event.chat, event.message)];
    case 'view':
      return [`viewed: ${messageLine(event.chat, event.message)}`];
    case 'saved':
      return [`chat ${event.chat}: file of message ${event.n} saved: ${event.path}`];
    case 'exported':
      return [`what relays hold for you was written to ${event.path}`];
    case 'deleted':
      return ['the account is deleted'];
    case 'locked':
      return ['locked'];
    case 'history':
      return listed(
        event.messages.map((message) => messageLine(event.chat, message)),
        'no messages',
      );
    case 'state':
      return [`chat ${event.chat}: message ${event.n} ${event.state}`];
    case 'countdown':
      return [`chat ${event.chat}: message ${event.n} destroys itself at ${clockText(event.endsAt)}`];
    case 'destroyed':
      return [`chat ${event.chat}: message ${event.n} destroyed: ${DESTROYED[event.why]}`];
    case 'file':
      return [`chat ${event.chat}: file of message ${event.n}: ${FILE_STATES[event.fileState]}`];
    case 'progress': {
      const { chat, n, direction, done, total } = event;
      return [`chat ${chat}: file of message ${n} ${direction} ${done} of ${total} bytes`];
    }
    case 'deletion': {
      const { chat, numbers, state } = event;
      return numbers.map((n) => `chat ${chat}: message ${n}: ${DELETIONS[state]}`);
    }
    case 'missing':
      return [`chat ${event.chat}: message ${event.n} stands for ${event.count} missing, which were asked for again`];
    case 'typing':
      return event.typing ? [`chat ${event.chat}: they are typing`] : [];
    case 'stale':
      return [`chat ${event.chat}: stopped, nothing is sent any more: ${STALE_REASONS[event.why]}`];
    case 'unreadable':
      return [`chat ${event.chat}: something arrives that cannot be read; a profile may be damaged or an old copy`];
    case 'unverified':
      return [`chat ${event.chat}: NOT VERIFIED any more: the fingerprint has changed. Compare it: /verify`];
    case 'ended':
      return [`chat ${event.chat}: over: ${END_REASONS[event.why]}`];
    case 'fingerprint': {
      const { chat, name, verified, fingerprint } = event;
      return [
        `chat ${chat}: fingerprint with ${shortName(name)}, ${verified ? 'verified' : 'not verified yet'}:`,
        ...digitsToText(fingerprint.digits).split('\n'),
        ...wordsToText(fingerprint.words).split('\n'),
        ...pictureToText(fingerprint.picture).split('\n'),
      ];
    }
    case 'markedRead':
      return [];
    case 'link':
      return [`relay ${event.relay}: ${linkText(event.link)}`];
    case 'help':
      return event.commands.map(({ name, usage, does }) => `${`/${name} ${usage}`.padEnd(24)} ${does}`);
    case 'note':
      return [event.text];
    case 'error':
      return [`error ${event.code}: ${event.message}`];
  }
}

function messageLine(chat: number, message: Message): string {
  const { n, from, at, replyTo, timer, endsAt } = message;
  const reply = replyTo === undefined ? '' : `, to ${replyTo}`;
  const end = endsAt === undefined ? '' : ` until ${clockText(endsAt)}`;
  const own = timer === 'off' ? '' : `, ${timerText(timer)}${end}`;
  return `chat ${chat}: message ${n} from ${from} (${timeText(at)}${reply}${own}): ${bodyText(message)}`;
}

function chatLine({ chat, name, state, verified, unread, inFocus }: ChatSummary): string {
  const marks = [CHAT_STATES[state], verified ? 'verified' : '', unread > 0 ? `${unread} unread` : ''];
  return `chat ${chat}${inFocus ? ' *' : ''}: ${shortName(name)} (${marks.filter((mark) => mark !== '').join(', ')})`;
}

function inviteLine({ n, link, reusable, expiresAt, loopback }: Invite): string {
  const use = reusable ? 'for several people' : 'for one person';
  const where = loopback ? ', on this machine' : '';
  return `invite ${n} (${use}${where}, until ${dateText(expiresAt)} ${timeText(expiresAt)}): ${link}`;
}

function listed(lines: readonly string[], nothing: string): string[] {
  return lines.length === 0 ? [nothing] : [...lines];
}
