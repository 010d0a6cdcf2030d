/**
 * What kind of file a name promises: photos alone, since nothing else is shown as what it is.
 *
 * @module
 */

import path from 'node:path';

const MEDIA_TYPES: { readonly [extension: string]: string } = {
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.heif': 'image/heif',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/** `undefined` for any other file. */
export function mediaTypeOf(name: string): string | undefined {
  return MEDIA_TYPES[path.extname(name).toLowerCase()];
}
