/**
 * What an event has to say beside the history: a note above the input line.
 *
 * @module
 */

import { shortName } from '../../harmless.ts';
import type { SessionEvent } from '../../session-event.ts';
import { DELETIONS, END_REASONS, INVITE_ENDS, STALE_REASONS } from '../sentences.ts';
import type { Note } from './screen.ts';

/**
 * @param focus the chat on the screen: what happens there is seen in its history
 * @param nameOf how a chat is called
 */
export function noteOf(
  event: SessionEvent,
  focus: number | undefined,
  nameOf: (chat: number) => string,
): Note | undefined {
  switch (event.type) {
    case 'note':
      return { text: event.text, isError: false };
    case 'error':
      return { text: event.message, isError: true };
    case 'request': {
      // Without its number, a command may mean the chat on the screen.
      const n = focus === undefined ? '' : ` ${event.chat}`;
      const answers = `/accept${n}, /reject${n} or /block${n}`;
      return { text: `${shortName(event.name)} asks you for a chat: ${answers}`, isError: false };
    }
    case 'accepted':
      return {
        text: `The chat with ${shortName(event.name)} is open. Compare the fingerprint: /verify`,
        isError: false,
      };
    case 'message': {
      const isElsewhere = event.chat !== focus && event.message.from === 'them';
      const text = `${nameOf(event.chat)} wrote in chat ${event.chat}: /chat ${event.chat} shows it`;
      return isElsewhere ? { text, isError: false } : undefined;
    }
    case 'stale':
      return { text: about(event.chat, nameOf, `stopped: ${STALE_REASONS[event.why]}`), isError: true };
    case 'unreadable':
      return { text: about(event.chat, nameOf, 'something arrives that cannot be read'), isError: true };
    case 'unverified':
      return {
        text: about(event.chat, nameOf, 'NOT verified any more: the fingerprint has changed. Compare it: /verify'),
        isError: true,
      };
    case 'ended':
      return { text: about(event.chat, nameOf, `over: ${END_REASONS[event.why]}`), isError: false };
    case 'deletion': {
      const text = `Messages ${event.numbers.join(', ')}: ${DELETIONS[event.state]}.`;
      return { text: event.chat === focus ? text : `Chat ${event.chat}: ${text}`, isError: false };
    }
    case 'saved':
      return { text: `The file of message ${event.n} is saved: ${event.path}`, isError: false };
    case 'exported':
      return { text: `What relays hold for you was written to ${event.path}`, isError: false };
    case 'inviteEnded':
      return event.why === 'accepted'
        ? undefined
        : { text: `Invite ${event.invite} ${INVITE_ENDS[event.why]}.`, isError: false };
    default:
      return undefined;
  }
}

function about(chat: number, nameOf: (chat: number) => string, what: string): string {
  return `Chat ${chat} with ${nameOf(chat)} is ${what}`;
}
