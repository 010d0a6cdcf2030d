/**
 * Commands for single messages of the chat in focus.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { type Command, chatInFocus, numberOf, numbersOf, splitWord, withMessages } from './command.ts';

export const MESSAGE_COMMANDS: readonly Command[] = [
  {
    name: 'reply',
    usage: '<message> <text>',
    does: 'answers a message',
    async run(context, words) {
      const [number, text] = splitWord(words);
      const replyTo = numberOf(number, 'A message');
      if (text === '') {
        throw new ProgramError('USAGE', '/reply needs the number of a message and a text: /reply 3 I agree');
      }
      await context.sendText(text, replyTo);
    },
  },
  {
    name: 'read',
    usage: '<message> …',
    does: 'says that messages were read, where that does not happen by itself (--no-auto-read)',
    async run(context, words) {
      const chat = chatInFocus(context);
      await withMessages(chat, numbersOf(words, 'A message'), (numbers) => context.markRead(chat, numbers));
    },
  },
];
