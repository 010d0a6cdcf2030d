/**
 * Photos without a library: a photo is a byte of red, and as many pixels wide and high as it has bytes.
 *
 * @module
 */

import type { PhotoCodec, Photos, Pixels } from '../../src/photos/photos.ts';

/** @param isInstalled whether there is something that knows photos */
export function fakePhotos(isInstalled = true): Photos {
  return { load: async () => (isInstalled ? CODEC : undefined) };
}

/** The preview of every photo: a ThumbHash of a real one. */
export const PREVIEW: Uint8Array = new Uint8Array(Buffer.from('3OcRJYB4d3h/iIeHeEh3eIhw+j3A', 'base64'));

const CODEC: PhotoCodec = {
  async encode(bytes) {
    requirePhoto(bytes);
    return { bytes, mediaType: 'image/jpeg', extension: '.jpg', width: 4, height: 4, preview: PREVIEW };
  },
  async decode(bytes) {
    requirePhoto(bytes);
    return red(bytes.length);
  },
};

function requirePhoto(bytes: Uint8Array): void {
  if (bytes[0] !== 0xff) {
    throw new Error('no photo');
  }
}

function red(side: number): Pixels {
  const rgba = new Uint8Array(side * side * 4);
  for (let at = 0; at < rgba.length; at += 4) {
    rgba.set([255, 0, 0, 255], at);
  }
  return { width: side, height: side, rgba };
}
