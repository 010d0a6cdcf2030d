/**
 * Commands for single messages of the chat in focus.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { type Command, chatInFocus, numberOf, numbersOf, splitWord } from './command.ts';

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
      await context.markRead(chatInFocus(context), numbersOf(words, 'A message'));
    },
  },
];
