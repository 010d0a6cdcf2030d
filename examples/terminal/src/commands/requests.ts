/**
 * Commands that answer who used an invite of this device.
 *
 * @module
 */

import type { Chat } from '@secret-chat/client';
import { ProgramError } from '../problem.ts';
import { type Command, type CommandContext, chatInState, chatOf } from './command.ts';

const REQUEST = 'request that waits for an answer';

export const REQUEST_COMMANDS: readonly Command[] = [
  {
    name: 'requests',
    usage: '',
    does: 'lists the requests that wait for your answer',
    run(context) {
      const waiting = context.device.chats.filter(({ state }) => state === 'requested');
      context.show({ type: 'requests', chats: waiting.map((chat) => context.summary(chat)) });
    },
  },
  {
    name: 'accept',
    usage: '[chat]',
    does: 'lets the other person in',
    async run(context, words) {
      const chat = chatInState(context, words, 'requested', REQUEST);
      await chat.accept();
      context.choose(chat.n);
    },
  },
  {
    name: 'reject',
    usage: '[chat]',
    does: 'forgets a request; they are not told',
    async run(context, words) {
      await chatInState(context, words, 'requested', REQUEST).reject();
    },
  },
  {
    name: 'block',
    usage: '[chat]',
    does: 'ends the chat or request without a word, and drops what that person asks later',
    async run(context, words) {
      await chatToBlock(context, words).block();
    },
  },
];

/** Never a guess: a request says how to block who asks, while the chat on the screen may be somebody else's. */
function chatToBlock(context: CommandContext, words: string): Chat {
  const { focus, device } = context;
  const waiting = device.chats.filter(({ state }) => state === 'requested');
  if (words !== '' || waiting.length === 0 || focus?.state === 'requested') {
    return chatOf(context, words);
  }
  if (focus === undefined) {
    return chatInState(context, words, 'requested', REQUEST);
  }
  const requests = waiting.map(({ n }) => `/block ${n}`).join(', ');
  throw new ProgramError(
    'USAGE',
    `Whom? /block ${focus.n} is for the chat you are in, ${requests} for who asks for one.`,
  );
}
