/**
 * The access token of a private relay.
 *
 * Spec: docs/protocol/relay.md §3.6.
 *
 * @module
 */

import { timingSafeEqual } from 'node:crypto';
import { MAX_TOKEN_SIZE } from '@secret-chat/wire';
import { RelayStartError } from '../errors.ts';
import { sha256 } from './hash.ts';

/** Shorter ones can be guessed. */
const MIN_TOKEN_SIZE = 16;

/** Keeps the hash alone: neither a dump of memory nor the time a comparison takes tells the token. */
export class Token {
  readonly #hash: Uint8Array;

  /** @throws {@link RelayStartError} `INVALID_OPTION` unless it has 16 to 256 bytes and no white space */
  constructor(token: string) {
    const size = Buffer.byteLength(token);
    if (size < MIN_TOKEN_SIZE || size > MAX_TOKEN_SIZE || /[^\x21-\x7e]/.test(token)) {
      throw new RelayStartError('INVALID_OPTION', 'a token has 16 to 256 visible ASCII characters');
    }
    this.#hash = sha256(Buffer.from(token));
  }

  equals(token: string): boolean {
    return timingSafeEqual(this.#hash, sha256(Buffer.from(token)));
  }
}
