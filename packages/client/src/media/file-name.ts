/**
 * Names of files: what may be told to others, and what may be used on a disk.
 *
 * @module
 */

/** Of what is sent, in bytes of UTF-8 (content §3.3). */
const MAX_SENT_SIZE = 255;
/** Of what is saved: leaves room for ` (2)` and the like. */
const MAX_SAVED_SIZE = 200;
/** Longer is no extension. */
const MAX_EXTENSION = 16;
const NO_NAME = 'file';

/** Parts of a path, on any system. */
const SEPARATORS = /[\\/]/;
/** Control characters, and those that change the direction of text or are not seen: they make one name look like another. */
const UNSEEN =
  /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Co}|\p{Variation_Selector}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0/gu;
/** Of no use in names on some system. */
const REFUSED = /[<>:"|?*]/g;
/** Devices of Windows, with or without an extension. */
const RESERVED = /^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

const encoder: TextEncoder = new TextEncoder();

/** What the other side is told: no path of this device, and no more bytes than fit. */
export function sentName(name: string): string {
  const last = name.split(SEPARATORS).findLast((part) => part.trim() !== '') ?? '';
  const wellFormed = new TextDecoder().decode(encoder.encode(last));
  return cut(wellFormed, MAX_SENT_SIZE);
}

/**
 * What a file that somebody sent may be called on this device: no path, nothing hidden or misleading, and a name that every
 * system can keep.
 */
export function savedName(name: string): string {
  const visible = name.normalize('NFC').replace(UNSEEN, '').replace(REFUSED, '_');
  const last = visible.split(SEPARATORS).findLast((part) => part.trim() !== '') ?? '';
  // Windows drops dots and spaces at the end; dots at the beginning hide a file.
  const bare = cut(last.replace(/^[.\s]+|[.\s]+$/gu, ''), MAX_SAVED_SIZE).replace(/[.\s]+$/u, '');
  if (bare === '') {
    return NO_NAME;
  }
  return RESERVED.test(bare) ? `_${bare}` : bare;
}

/** `name (2).ext`, `name (3).ext` and so on. */
export function numberedName(name: string, number: number): string {
  const { stem, extension } = split(name);
  return `${stem} (${number})${extension}`;
}

/** In the place of the extension that it has, if any. */
export function nameWithExtension(name: string, extension: string): string {
  return `${split(name).stem}${extension}`;
}

/** At most so many bytes of UTF-8, without half a character; an extension stays. */
function cut(name: string, size: number): string {
  if (encoder.encode(name).length <= size) {
    return name;
  }
  const { stem, extension } = split(name);
  const room = size - encoder.encode(extension).length;
  let short = '';
  let used = 0;
  for (const character of stem) {
    used += encoder.encode(character).length;
    if (used > room) {
      break;
    }
    short += character;
  }
  return `${short}${extension}`;
}

function split(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const isExtension = dot > 0 && name.length - dot <= MAX_EXTENSION && !/\s/.test(name.slice(dot));
  return isExtension ? { stem: name.slice(0, dot), extension: name.slice(dot) } : { stem: name, extension: '' };
}
