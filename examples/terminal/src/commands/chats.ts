/**
 * Commands for chats as wholes.
 *
 * @module
 */

import { shortName } from '../harmless.ts';
import { type Command, chatInFocus, chatOf, numberOf } from './command.ts';

const HISTORY_PAGE = 20;
const MAX_HISTORY = 1000;

export const CHAT_COMMANDS: readonly Command[] = [
  {
    name: 'chats',
    usage: '',
    does: 'lists the chats',
    run(context) {
      context.show({ type: 'chats', chats: context.device.chats.map((chat) => context.summary(chat)) });
    },
  },
  {
    name: 'chat',
    usage: '<chat>',
    does: 'chooses the chat that what you type goes to',
    run(context, words) {
      // Without a number: tells which one it is.
      const chat = chatOf(context, words);
      context.choose(chat.n);
      context.show({ type: 'focus', chat: context.summary(chat) });
    },
  },
  {
    name: 'history',
    usage: '[messages]',
    does: `shows the last messages of the chat again; ${HISTORY_PAGE} if you do not say how many`,
    async run(context, words) {
      const chat = chatInFocus(context);
      const limit = words === '' ? HISTORY_PAGE : Math.min(numberOf(words, 'How many'), MAX_HISTORY);
      const messages = await chat.messages({ limit });
      context.show({ type: 'history', chat: chat.n, name: chat.name, messages });
    },
  },
  {
    name: 'rename',
    usage: '[name]',
    does: 'gives the other person a name on this device alone; without one it is theirs again',
    async run(context, words) {
      const chat = chatInFocus(context);
      await chat.rename(words);
      context.note(`Chat ${chat.n} is now called ${shortName(chat.name)}.`, chat.n);
    },
  },
  {
    name: 'end',
    usage: '[chat]',
    does: 'ends the chat on both sides, for good',
    async run(context, words) {
      await chatOf(context, words).end();
    },
  },
];
