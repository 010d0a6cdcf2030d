/**
 * Sending a photo: it is read as a whole, encoded anew, and sent as a file of its own.
 *
 * @module
 */

import type { ChatSession } from '../chat/chat-session.ts';
import { ClientError } from '../errors.ts';
import { abortable, requireWanted } from '../link/abortable.ts';
import type { FileSource, SizedSource } from './file.ts';
import { nameWithExtension } from './file-name.ts';
import { sizedSource } from './file-source.ts';
import type { EncodedPhoto, PhotoEncoder, SendPhotoOptions, SentPhoto } from './photo.ts';
import { sendFile } from './send-file.ts';
import type { Transfers } from './transfers.ts';
import { untilAborted } from './watched-source.ts';

/** It is held in memory to be encoded. */
const MAX_PHOTO_SIZE: number = 64 * 1_048_576;
const DEFAULT_NAME = 'photo';
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/avif': '.avif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
};

/** @throws `ClientError` as `Chat.sendPhoto` says */
export async function sendPhoto(
  transfers: Transfers,
  session: ChatSession,
  source: FileSource,
  options: SendPhotoOptions,
): Promise<SentPhoto> {
  const { name = DEFAULT_NAME, mediaType, size, ...said } = options;
  const { photos } = transfers.media;
  requireWanted(options.signal);
  if (photos === undefined || !(await photos.isAvailable())) {
    const asItIs = { ...(size === undefined ? {} : { size }), ...(mediaType === undefined ? {} : { mediaType }) };
    return { message: await sendFile(transfers, session, source, { ...said, ...asItIs, name }), sentAs: 'file' };
  }
  const sized = await sizedSource(source, size);
  const wanted = transfers.wanted(options.signal);
  let photo: EncodedPhoto;
  try {
    photo = await encoded(photos, await wholeOf(sized, wanted), wanted);
  } catch (error) {
    throw wanted.reason instanceof ClientError ? wanted.reason : error;
  } finally {
    await sized.close?.();
  }
  const { bytes, ...shown } = photo;
  const photoName = nameWithExtension(name, EXTENSIONS[shown.mediaType] ?? '');
  return {
    message: await sendFile(transfers, session, bytes, { ...said, ...shown, name: photoName }),
    sentAs: 'photo',
  };
}

/** An encoder cannot be stopped: what comes of it after `wanted` has aborted is dropped. */
async function encoded(photos: PhotoEncoder, bytes: Uint8Array, wanted: AbortSignal): Promise<EncodedPhoto> {
  requireWanted(wanted);
  try {
    return await abortable(photos.encode(bytes), wanted);
  } catch (cause) {
    throw cause instanceof ClientError
      ? cause
      : new ClientError('PHOTO_UNREADABLE', 'the photo could not be read', { cause });
  }
}

/** Blocks are copied, since they are lent. */
async function wholeOf(source: SizedSource, wanted: AbortSignal): Promise<Uint8Array> {
  if (source.size > MAX_PHOTO_SIZE) {
    throw new ClientError('FILE_TOO_LARGE', `a photo has at most ${MAX_PHOTO_SIZE} bytes; a file may have more`);
  }
  const bytes = new Uint8Array(source.size);
  let filled = 0;
  try {
    for await (const block of untilAborted(source.stream(), wanted)) {
      if (filled + block.length > bytes.length) {
        throw changed();
      }
      bytes.set(block, filled);
      filled += block.length;
    }
  } catch (cause) {
    throw cause instanceof ClientError
      ? cause
      : new ClientError('FILE_UNREADABLE', 'the photo could not be read', { cause });
  }
  if (filled < bytes.length) {
    throw changed();
  }
  return bytes;
}

function changed(): ClientError {
  return new ClientError('FILE_CHANGED', 'the photo has another size than it was said to have');
}
