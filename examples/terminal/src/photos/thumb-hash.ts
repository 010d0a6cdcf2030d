/**
 * The blurred preview of a photo, out of the few bytes that came with its message.
 *
 * @module
 */

import { thumbHashToRGBA } from 'thumbhash';
import type { Pixels } from './photos.ts';

/** `undefined` for bytes that are no preview: the other side can send any. */
export function blurredPreview(hash: Uint8Array): Pixels | undefined {
  const { w, h, rgba } = thumbHashToRGBA(hash);
  return w > 0 && h > 0 ? { width: w, height: h, rgba } : undefined;
}
