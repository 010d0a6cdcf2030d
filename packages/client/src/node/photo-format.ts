/**
 * What kind of picture bytes are, by how they begin. A reader is only given what it is meant for: every other format is one
 * more that a hostile file could attack.
 *
 * @module
 */

export type PhotoFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'heic';

const PNG = '\x89PNG\r\n\x1a\n';
/** Major and compatible brands of ISO/IEC 23008-12 and of AVIF. */
const AVIF_BRANDS: readonly string[] = ['avif', 'avis'];
const HEIC_BRANDS: readonly string[] = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'];
/** Of the first box: enough for every brand that a camera names. */
const MAX_BOX = 128;

/** `undefined` for everything else. */
export function photoFormatOf(bytes: Uint8Array): PhotoFormat | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, MAX_BOX));
  if (text.startsWith('\xff\xd8\xff')) {
    return 'jpeg';
  }
  if (text.startsWith(PNG)) {
    return 'png';
  }
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) {
    return 'webp';
  }
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) {
    return 'gif';
  }
  return text.startsWith('ftyp', 4) ? formatOfBox(text) : undefined;
}

/** `size 4 ‖ "ftyp" ‖ major brand 4 ‖ version 4 ‖ compatible brands 4 each`. */
function formatOfBox(text: string): PhotoFormat | undefined {
  const size = [...text.slice(0, 4)].reduce((sum, character) => sum * 256 + character.charCodeAt(0), 0);
  const brands = text.slice(8, Math.min(size, MAX_BOX)).match(/.{4}/gs) ?? [];
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) {
    return 'avif';
  }
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : undefined;
}
