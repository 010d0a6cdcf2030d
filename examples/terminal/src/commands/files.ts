/**
 * Commands for files and photos of the chat in focus.
 *
 * @module
 */

import type { Chat } from '@secret-chat/client';
import { mediaTypeOf } from '../media-type.ts';
import { ProgramError } from '../problem.ts';
import { sizeText } from '../views/sentences.ts';
import { type Command, type CommandContext, chatInFocus, numberOf, splitWord } from './command.ts';

/** It takes so long to encrypt that the user is told, in bytes. */
const LARGE = 33_554_432;

export const FILE_COMMANDS: readonly Command[] = [
  {
    name: 'file',
    usage: '<path>',
    does: 'sends a file as it is',
    async run(context, words) {
      const file = requirePath(words, '/file');
      const chat = await context.chatToWriteIn();
      const [source, about] = await opened(context, file);
      if (source.size >= LARGE) {
        const size = sizeText(source.size);
        context.note(`${size} are encrypted on this device first. The file is shown here as soon as it goes.`, chat.n);
      }
      await chat.sendFile(source, about);
    },
  },
  {
    name: 'photo',
    usage: '<path>',
    does: 'sends a photo, smaller and without place, time and camera, with a blurred preview',
    async run(context, words) {
      const file = requirePath(words, '/photo');
      const chat = await context.chatToWriteIn();
      const { message, sentAs } = await chat.sendPhoto(...(await opened(context, file)));
      if (sentAs === 'file') {
        context.note(asItIs(message.n), chat.n);
      }
    },
  },
  {
    name: 'save',
    usage: '<message> <path>',
    does: 'saves the file of a message in a folder, or as a new file; the copy stays whatever the timer says',
    async run(context, words) {
      const [number, place] = splitWord(words);
      const n = numberOf(number, 'A message');
      const target = requirePath(place, `/save ${n}`);
      const chat = chatInFocus(context);
      const saved = await saveSeen(context, chat, n, target);
      context.show({ type: 'saved', chat: chat.n, n, path: saved });
    },
  },
];

/** What is to be sent, and how it is called; whoever it is given to closes it. */
async function opened({ files }: CommandContext, file: string) {
  const source = await files.open(file);
  const mediaType = mediaTypeOf(source.name);
  return [source, { name: source.name, ...(mediaType === undefined ? {} : { mediaType }) }] as const;
}

function asItIs(n: number): string {
  return (
    'The library "sharp" is not installed: the photo goes as a plain file, with all that its camera wrote into it, such ' +
    `as place, time and camera. /delete ${n} destroys it here and asks the other side to.`
  );
}

/** A countdown that starts with reading or viewing is on the disk before the copy is. */
async function saveSeen(context: CommandContext, chat: Chat, n: number, target: string): Promise<string> {
  const message = await chat.message(n);
  const isHidden = message?.kind === 'hidden' && message.what === 'file';
  if (message?.from === 'them' && (isHidden || message.kind === 'file')) {
    await chat.fetchFile(n);
    await (isHidden ? chat.view(n) : context.markRead(chat, [n]));
  }
  const saved = await context.files.save(chat, n, target);
  if (message?.timer === 'once') {
    // Not before: what could not be saved can be saved elsewhere.
    await chat.closeView(n);
  }
  return saved;
}

function requirePath(words: string, command: string): string {
  if (words === '') {
    throw new ProgramError('USAGE', `${command} needs a path: ${command} ~/Pictures/cat.jpg`);
  }
  return words;
}
