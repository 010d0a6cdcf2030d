/**
 * Opens a message: a text at once, a photo once all of it is here and can be shown.
 *
 * A countdown that starts with viewing starts as late as possible: everything that takes time, or can fail, comes first.
 *
 * @module
 */

import type { Chat, Message, OpenFile } from '@secret-chat/client';
import type { Picture } from '../photos/photos.ts';
import { ProgramError } from '../problem.ts';
import type { CommandContext } from './command.ts';

/** Photos that are larger are saved, not shown. */
const MAX_BYTES = 64 * 1_048_576;

/** @throws {@link ProgramError} `USAGE` for a file that cannot be shown here; `ClientError` */
export async function viewMessage(context: CommandContext, chat: Chat, n: number): Promise<void> {
  const message = await chat.message(n);
  if (message === undefined || !isFile(message)) {
    await context.view(chat, n);
    return;
  }
  await context.view(chat, n, await pictureOf(context, chat, message));
}

async function pictureOf(context: CommandContext, chat: Chat, message: Message): Promise<Picture> {
  const { n } = message;
  if (!context.isScreen) {
    throw notShown(n, 'Photos are shown on a full screen alone.');
  }
  const reader = await context.photos.load();
  if (reader === undefined) {
    throw notShown(n, 'Photos cannot be shown here: the library "sharp" is not installed.');
  }
  const size = await withFile(chat, n, async (file) => file.size);
  if (size > MAX_BYTES) {
    throw notShown(n, 'It is too large to be shown.');
  }
  if (message.from === 'them') {
    await chat.fetchFile(n);
  }
  const bytes = await withFile(chat, n, (file) => file.read(0, size));
  return reader.read(bytes, context.drawsPictures).catch(() => {
    throw notShown(n, 'It is no photo that can be shown here.');
  });
}

async function withFile<T>(chat: Chat, n: number, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await chat.openFile(n);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function isFile(message: Message): boolean {
  return message.kind === 'file' || (message.kind === 'hidden' && message.what === 'file');
}

function notShown(n: number, why: string): ProgramError {
  return new ProgramError('USAGE', `${why} /save ${n} <path> saves the file instead; that counts as seeing it.`);
}
