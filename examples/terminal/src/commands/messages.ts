/**
 * Commands for single messages of the chat in focus.
 *
 * @module
 */

import type { Chat, FileState, Message } from '@secret-chat/client';
import { ProgramError } from '../problem.ts';
import { isFileToOpen } from '../veil.ts';
import {
  type Command,
  type CommandContext,
  chatInFocus,
  numberOf,
  numbersOf,
  splitWord,
  withMessages,
} from './command.ts';

const LOST: ReadonlySet<FileState> = new Set<FileState>(['missing', 'damaged']);

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
      await withMessages(chat, numbersOf(words, 'A message'), (numbers) => markRead(context, chat, numbers));
    },
  },
];

/** @throws {@link ProgramError} `USAGE` afterwards, if some are timed files that are not here yet: those are read when they are */
async function markRead(context: CommandContext, chat: Chat, numbers: readonly number[]): Promise<void> {
  const messages = await Promise.all(numbers.map((n) => chat.message(n)));
  const away = messages.filter((message) => message !== undefined && isUnreadFile(message)) as Message[];
  // Of a file that nobody has any more there is nothing to wait for.
  const lost = away.filter((message) => message.kind === 'file' && LOST.has(message.fileState));
  await Promise.all(lost.map(({ n }) => chat.view(n)));
  const waiting = away.filter((message) => !lost.includes(message)).map(({ n }) => n);
  const read = numbers.filter((n) => !waiting.includes(n));
  if (read.length > 0) {
    await context.markRead(chat, read);
  }
  if (waiting.length > 0) {
    const which =
      waiting.length === 1 ? `The file of message ${waiting[0]} is` : `The files of ${waiting.join(', ')} are`;
    throw new ProgramError(
      'USAGE',
      `${which} not here yet, and not read before that: /save ${waiting[0]} <path> fetches and saves it, which counts as seeing it.`,
    );
  }
}

function isUnreadFile(message: Message): boolean {
  return message.from === 'them' && message.state === 'received' && isFileToOpen(message);
}
