/**
 * Reads photos that others sent, by means of sharp.
 *
 * @module
 */

import type { Sharp } from 'sharp';
import type { PhotoReader, Photos, Picture, Pixels } from './photos.ts';
import { findSharp, type SharpLibrary } from './sharp-library.ts';

const JPEG = '\xff\xd8\xff';
const PNG = '\x89PNG\r\n\x1a\n';
const BEGINNING_SIZE = 12;
/** A small file can claim to be a huge picture. */
const MAX_PIXELS = 100_000_000;
/** A picture can be small, and slow to read. */
const MAX_SECONDS = 30;
/** More than a terminal has of half rows or columns. */
const MAX_SIDE = 320;
/** About what a viewer has of pixels. As PNG some 1 to 3 MB, which pass through the terminal's line. */
const MAX_PNG_SIDE = 1024;
/** Behind what is transparent, as in half blocks. */
const GROUND = '#000000';

export const sharpPhotos: Photos = {
  async load() {
    const library = await findSharp();
    // Nothing of a photo is kept when it is done.
    library?.cache(false);
    return library && reader(library);
  },
};

function reader(library: SharpLibrary): PhotoReader {
  return {
    async read(bytes, withPng) {
      if (!isKnown(bytes)) {
        throw new Error('neither JPEG nor PNG nor WebP');
      }
      const options = { limitInputPixels: MAX_PIXELS, failOn: 'error' } as const;
      return picture(() => library(bytes, options).autoOrient().timeout({ seconds: MAX_SECONDS }), withPng);
    },
  };
}

/**
 * JPEG, which is what photos are sent as, PNG or WebP: every other format is one more that a hostile file could attack. sharp
 * chooses its reader by the same bytes.
 */
function isKnown(bytes: Uint8Array): boolean {
  const beginning = String.fromCharCode(...bytes.subarray(0, BEGINNING_SIZE));
  const isWebp = beginning.startsWith('RIFF') && beginning.startsWith('WEBP', 8);
  return beginning.startsWith(JPEG) || beginning.startsWith(PNG) || isWebp;
}

async function picture(open: () => Sharp, withPng: boolean): Promise<Picture> {
  const small = await pixels(open());
  return withPng ? { ...small, png: await png(open()) } : small;
}

async function pixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await within(image, MAX_SIDE).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgba: data };
}

/** Nothing of the file itself reaches the terminal: not its bytes, nor what is written beside the picture. */
function png(image: Sharp): Promise<Uint8Array> {
  return within(image, MAX_PNG_SIDE).flatten({ background: GROUND }).png().toBuffer();
}

function within(image: Sharp, side: number): Sharp {
  return image.resize(side, side, { fit: 'inside', withoutEnlargement: true }).toColourspace('srgb');
}
