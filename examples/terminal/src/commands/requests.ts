/**
 * Commands that answer who used an invite of this device.
 *
 * @module
 */

import { type Command, chatInState, chatOf } from './command.ts';

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
      const waiting = context.device.chats.some(({ state }) => state === 'requested');
      const wantsRequest = words === '' && context.focus === undefined && waiting;
      const chat = wantsRequest ? chatInState(context, words, 'requested', REQUEST) : chatOf(context, words);
      await chat.block();
    },
  },
];
