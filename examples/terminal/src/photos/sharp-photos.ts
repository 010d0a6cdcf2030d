/**
 * Photos by means of sharp, which is there unless it could not be installed on this machine.
 *
 * @module
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type sharp from 'sharp';
import type { Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { EncodedPhoto, PhotoCodec, Photos, Pixels } from './photos.ts';

type SharpModule = typeof sharp;

/** From the sources, and from the bundle that `npm start` makes of them (scripts/bundle.mjs), which is three folders deep. */
const BESIDE = ['.', '../../../examples/terminal/package.json'];

/** Readers of common formats: every other one is more that a hostile file could attack. */
const LOADERS = ['Jpeg', 'Png', 'Webp'].flatMap((format) => [
  `VipsForeignLoad${format}File`,
  `VipsForeignLoad${format}Buffer`,
]);
/** A small file can claim to be a huge picture. */
const MAX_PIXELS = 100_000_000;
/** Enough for any screen of today. */
const MAX_SIDE = 2560;
const QUALITY = 82;
/** ThumbHash takes no more. */
const PREVIEW_SIDE = 100;
const WHITE = '#ffffff';

export const sharpPhotos: Photos = {
  async load() {
    for (const place of BESIDE) {
      const found = await loaded(new URL(place, import.meta.url));
      if (found !== undefined) {
        return codec(found);
      }
    }
    return undefined;
  },
};

async function loaded(from: URL): Promise<SharpModule | undefined> {
  try {
    // By its path: the bundle is elsewhere.
    const file = createRequire(from).resolve('sharp');
    return ((await import(pathToFileURL(file).href)) as { readonly default: SharpModule }).default;
  } catch {
    return undefined;
  }
}

function codec(library: SharpModule): PhotoCodec {
  library.block({ operation: ['VipsForeignLoad'] });
  library.unblock({ operation: LOADERS });
  // Nothing of a photo is kept when it is done.
  library.cache(false);
  const open = (bytes: Uint8Array) => library(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' }).autoOrient();
  return { encode: (bytes) => encode(open, bytes), decode: async (bytes, side) => pixels(open(bytes), side) };
}

async function encode(open: (bytes: Uint8Array) => Sharp, bytes: Uint8Array): Promise<EncodedPhoto> {
  // What a camera writes beside the picture stays behind: sharp writes none of it unless it is told to.
  const { data, info } = await open(bytes)
    .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: WHITE })
    .jpeg({ quality: QUALITY })
    .toBuffer({ resolveWithObject: true });
  const small = await pixels(open(data), PREVIEW_SIDE);
  return {
    bytes: data,
    mediaType: 'image/jpeg',
    extension: '.jpg',
    width: info.width,
    height: info.height,
    preview: rgbaToThumbHash(small.width, small.height, small.rgba),
  };
}

async function pixels(image: Sharp, side: number): Promise<Pixels> {
  const { data, info } = await image
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgba: data };
}
