/**
 * Photos without a library: a photo is a byte of red, and as many pixels wide and high as it has bytes.
 *
 * @module
 */

import type { PhotoReader, Photos, Pixels } from '../../src/photos/photos.ts';

/** @param isInstalled whether there is something that knows photos */
export function fakePhotos(isInstalled = true): Photos {
  return { load: async () => (isInstalled ? READER : undefined) };
}

/** The preview of every photo: a ThumbHash of a real one. */
export const PREVIEW: Uint8Array = new Uint8Array(Buffer.from('3OcRJYB4d3h/iIeHeEh3eIhw+j3A', 'base64'));

/** What a terminal that draws pictures gets of every photo. */
export const PNG: Uint8Array = new Uint8Array(Buffer.from('a picture of many pixels'));

export function isPhoto(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff;
}

const READER: PhotoReader = {
  async read(bytes, withPng) {
    if (!isPhoto(bytes)) {
      throw new Error('no photo');
    }
    return { ...red(bytes.length), ...(withPng ? { png: PNG } : {}) };
  },
};

function red(side: number): Pixels {
  const rgba = new Uint8Array(side * side * 4);
  for (let at = 0; at < rgba.length; at += 4) {
    rgba.set([255, 0, 0, 255], at);
  }
  return { width: side, height: side, rgba };
}
