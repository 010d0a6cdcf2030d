/**
 * Photos by means of sharp, which a program may install beside this package.
 *
 * @module
 */

import type sharp from 'sharp';
import type { Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { ClientError } from '../errors.ts';
import type { EncodedPhoto, PhotoEncoder } from '../media/photo.ts';
import { Mutex } from '../mutex.ts';
import { photoFormatOf } from './photo-format.ts';

type SharpModule = typeof sharp;

/** In a variable: bundlers are not to look for it. */
const LIBRARY: string = 'sharp';
/** A small file can claim to be a huge picture. There are cameras of 108 megapixels. */
const MAX_PIXELS = 120_000_000;
/** A picture can be small, and slow to read. */
const MAX_SECONDS = 30;
/** Enough for any screen of today. */
const MAX_SIDE = 2560;
const QUALITY = 82;
/** ThumbHash takes no more. */
const PREVIEW_SIDE = 100;
/** Where a picture is transparent: JPEG is not. */
const BACKGROUND = '#ffffff';

export interface SharpPhotosOptions {
  /** Gives the module `sharp`, for programs that have it elsewhere; rejects or gives `undefined` if there is none. */
  readonly load?: () => Promise<unknown>;
}

/**
 * An encoder that reads JPEG, PNG, WebP, GIF (its first picture), AVIF, and HEIC where sharp was built with a reader for it,
 * and writes JPEG of at most 2560 pixels a side. It loads sharp 0.34 or newer when it is first asked, and is not available
 * without it. Photos are encoded one after another, since each may take some hundred MiB.
 *
 * @example
 * ```ts
 * const device = await openDevice({ store, passphrase, photos: sharpPhotos() });
 * const { sentAs } = await chat.sendPhoto(await fileSource('cat.jpg'));
 * ```
 */
export function sharpPhotos({ load = () => import(LIBRARY) }: SharpPhotosOptions = {}): PhotoEncoder {
  const turn = new Mutex();
  let loading: Promise<SharpModule | undefined> | undefined;
  const library = () => {
    loading ??= loaded(load);
    return loading;
  };
  return {
    async isAvailable() {
      return (await library()) !== undefined;
    },
    async encode(bytes) {
      const found = await library();
      if (found === undefined) {
        throw new ClientError('PHOTO_UNREADABLE', 'photos cannot be read here: sharp is not installed');
      }
      return turn.run(() => encode(found, bytes));
    },
  };
}

async function loaded(load: () => Promise<unknown>): Promise<SharpModule | undefined> {
  try {
    const found = (await load()) as SharpModule | { readonly default: SharpModule } | undefined;
    const library = typeof found === 'function' ? found : found?.default;
    // Nothing of a photo is kept in memory when it is done.
    library?.cache(false);
    return library;
  } catch {
    return undefined;
  }
}

async function encode(library: SharpModule, bytes: Uint8Array): Promise<EncodedPhoto> {
  const format = photoFormatOf(bytes);
  if (format === undefined) {
    throw new ClientError('PHOTO_UNREADABLE', 'this is no JPEG, PNG, WebP, GIF, AVIF or HEIC');
  }
  const open = (picture: Uint8Array) => library(picture, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
  try {
    // Of what is written beside the picture sharp keeps nothing unless it is told to; colours become those of sRGB.
    const { data, info } = await within(open(bytes).autoOrient(), MAX_SIDE)
      .flatten({ background: BACKGROUND })
      .jpeg({ quality: QUALITY })
      .toBuffer({ resolveWithObject: true });
    return {
      bytes: data,
      mediaType: 'image/jpeg',
      width: info.width,
      height: info.height,
      preview: await preview(open(data)),
    };
  } catch (cause) {
    throw new ClientError('PHOTO_UNREADABLE', reasonOf(cause, format), { cause });
  }
}

function within(image: Sharp, side: number): Sharp {
  return image.timeout({ seconds: MAX_SECONDS }).resize(side, side, { fit: 'inside', withoutEnlargement: true });
}

async function preview(image: Sharp): Promise<Uint8Array> {
  const { data, info } = await within(image, PREVIEW_SIDE)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return rgbaToThumbHash(info.width, info.height, data);
}

/** What sharp says is for programmers, and may quote the file. */
function reasonOf(cause: unknown, format: string): string {
  if (cause instanceof Error && /pixel limit/i.test(cause.message)) {
    return `a photo has at most ${MAX_PIXELS} pixels`;
  }
  return format === 'heic'
    ? 'HEIC cannot be read by the sharp that is installed: its formats are patented'
    : `the ${format.toUpperCase()} is damaged, or cut off`;
}
