/**
 * The fingerprint of a chat, as digits, words and a picture.
 *
 * @module
 */

export { digitsToText } from './digits.ts';
export { type Fingerprint, type FingerprintInput, fingerprint } from './fingerprint.ts';
export {
  PICTURE_COLOURS,
  PICTURE_SIZE,
  type Picture,
  type PictureColour,
  pictureToSvg,
  pictureToText,
} from './picture.ts';
export { wordsToText } from './words.ts';
