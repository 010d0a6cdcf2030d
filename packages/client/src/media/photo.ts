/**
 * Photos, as a program sees them: files that are made smaller, and freed of what a camera adds, before they are sent.
 *
 * @module
 */

import type { Message } from '../message.ts';
import type { SendFileOptions } from './file.ts';

/** A photo that can be sent: nothing in it but the picture. */
export interface EncodedPhoto {
  readonly bytes: Uint8Array;
  /** `image/jpeg`, `image/webp` … */
  readonly mediaType: string;
  /** Pixels, as it is to be shown. */
  readonly width: number;
  readonly height: number;
  /** ThumbHash, 1 to 64 bytes. */
  readonly preview: Uint8Array;
}

/** What makes photos ready to be sent; `sharpPhotos` of `@secret-chat/client/node` is one. */
export interface PhotoEncoder {
  /** False where it cannot work, for want of a library: then photos go as plain files. Never rejects. */
  isAvailable(): Promise<boolean>;
  /**
   * The picture of `bytes`, upright, no larger than a screen needs, without place, time, camera, thumbnail, comments. The
   * bytes stay the caller's.
   *
   * @throws `ClientError` `PHOTO_UNREADABLE`
   */
  encode(bytes: Uint8Array): Promise<EncodedPhoto>;
}

export interface SendPhotoOptions
  extends Pick<SendFileOptions, 'caption' | 'replyTo' | 'size' | 'onProgress' | 'signal'> {
  /** As with a file, but gets the extension of what is sent. `photo` if left out: cameras put a date into names. */
  readonly name?: string;
  /** Of a photo that goes as a plain file. */
  readonly mediaType?: string;
}

/** What became of a photo. */
export interface SentPhoto {
  readonly message: Message;
  /** `file`: there is no encoder here, so it went as it is, with everything that its camera wrote into it, and no preview. */
  readonly sentAs: 'photo' | 'file';
}
