/**
 * What a person wrote, as it may travel: text that every reader decodes to the same characters.
 *
 * Spec: docs/protocol/content.md §3.2.
 *
 * @module
 */

import { contentCapacity } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';

/** Longer than any envelope has room for; how much it has for a text depends on what else is in the content. */
const MAX_SIZE: number = contentCapacity('large');

/** @throws `ClientError` `INVALID_ARGUMENT` for an empty text, `TOO_LONG` */
export function said(text: string): string {
  // A byte order mark at the beginning is no text.
  const bytes = new TextEncoder().encode(text.replace(/^\ufeff+/, ''));
  if (bytes.length === 0) {
    throw new ClientError('INVALID_ARGUMENT', 'an empty text cannot be sent');
  }
  if (bytes.length > MAX_SIZE) {
    throw new ClientError('TOO_LONG', 'this text is too long for a message; send it as a file');
  }
  return new TextDecoder().decode(bytes);
}

/** With U+FFFD in the place of each half of a surrogate pair, which is no character. */
export function wellFormed(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
