/**
 * Commands for files and photos of the chat in focus.
 *
 * @module
 */

import path from 'node:path';
import type { Chat } from '@secret-chat/client';
import { mediaTypeOf } from '../media-type.ts';
import type { EncodedPhoto } from '../photos/photos.ts';
import { ProgramError } from '../problem.ts';
import { type Command, type CommandContext, chatInFocus, numberOf, splitWord } from './command.ts';

/** Read as a whole to be made smaller. */
const MAX_PHOTO_BYTES = 64 * 1_048_576;

export const FILE_COMMANDS: readonly Command[] = [
  {
    name: 'file',
    usage: '<path>',
    does: 'sends a file as it is',
    async run(context, words) {
      await sendAsItIs(context, requirePath(words, '/file'));
    },
  },
  {
    name: 'photo',
    usage: '<path>',
    does: 'sends a photo, smaller and without place, time and camera, with a blurred preview',
    async run(context, words) {
      const file = requirePath(words, '/photo');
      const codec = await context.photos.load();
      if (codec === undefined) {
        context.note('The library "sharp" is not installed: the photo goes as a file, with all that is written in it.');
        await sendAsItIs(context, file);
        return;
      }
      const { name, bytes } = await readPhoto(context, file);
      const photo = await codec.encode(bytes).catch(() => {
        throw new ProgramError('USAGE', 'This is no photo that is known here (JPEG, PNG, WebP). /file sends any file.');
      });
      await sendPhoto(await context.chatToWriteIn(), name, photo);
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

async function sendAsItIs(context: CommandContext, file: string): Promise<void> {
  const chat = await context.chatToWriteIn();
  const source = await context.files.open(file);
  const mediaType = mediaTypeOf(source.name);
  await chat.sendFile(source, { name: source.name, ...(mediaType === undefined ? {} : { mediaType }) });
}

async function sendPhoto(chat: Chat, name: string, { bytes, extension, ...about }: EncodedPhoto): Promise<void> {
  await chat.sendFile(bytes, { name: `${path.parse(name).name}${extension}`, ...about });
}

async function readPhoto({ files }: CommandContext, file: string) {
  const source = await files.open(file);
  try {
    if (source.size > MAX_PHOTO_BYTES) {
      throw new ProgramError('USAGE', 'This is too large for a photo. /file sends files of any size.');
    }
    const blocks: Uint8Array[] = [];
    for await (const block of source.stream() as AsyncIterable<Uint8Array>) {
      // It is only lent until the next one.
      blocks.push(block.slice());
    }
    return { name: source.name, bytes: Buffer.concat(blocks) };
  } finally {
    await source.close();
  }
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
