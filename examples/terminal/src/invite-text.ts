/**
 * An invite as it is pasted: broken into lines by a mail program, in brackets or quotes, with the command before it.
 *
 * @module
 */

const SCHEME = 'secret-chat:';
/** White space and what is not seen: no invite has any. */
const UNSEEN = /[\s\p{Cf}]+/gu;
/** An invite ends with a character of base64url. */
const AROUND = /[^\w-]+$/;

/** The invite in `text`; the text as it is if there is none. */
export function inviteIn(text: string): string {
  const at = text.indexOf(SCHEME);
  return at < 0 ? text : text.slice(at).replace(UNSEEN, '').replace(AROUND, '');
}
