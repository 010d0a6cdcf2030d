/**
 * What a relay answers when it does not do what was asked, and what the codec throws.
 *
 * Spec: docs/protocol/relay.md §9.
 *
 * @module
 */

/** Every error a relay answers with, by its number on the wire. Numbers are never reused. */
export const RELAY_ERRORS = {
  /** The frame is no CBOR of the schema. The connection is closed. */
  MALFORMED: 1,
  /** The operation is not one of this version. The connection is closed. */
  UNKNOWN_OPERATION: 2,
  /** Request ids must grow; a repeated or smaller one could be a replay. The connection is closed. */
  STALE_ID: 3,
  /** The relay is private: the first frame must be `auth` with its token, for this operation. */
  TOKEN_REQUIRED: 4,
  /** The token is not the relay's. The connection is closed. */
  WRONG_TOKEN: 5,
  /** The signature does not verify, is for another connection or origin, or the key is not the owner's. */
  BAD_PROOF: 6,
  /** There is no such mailbox, card or piece; or there was one. */
  GONE: 7,
  /** The mailbox holds as many envelopes or bytes as it may; try again when its owner was there. */
  MAILBOX_FULL: 8,
  /** The relay's budget for this kind of data is used up. */
  RELAY_FULL: 9,
  /** Too many requests; `retryAfterMs` says when to try again. */
  RATE_LIMITED: 10,
  /** An expiry, a period or a count is out of range. */
  OUT_OF_RANGE: 11,
  /** The mailbox is not subscribed to on this connection. */
  NOT_SUBSCRIBED: 12,
  /** Another connection of the owner subscribed to the mailbox since. */
  DISPLACED: 13,
  /** The relay could not do it (disk full, shutting down); nothing was changed. Try again later. */
  UNAVAILABLE: 14,
} as const;

export type RelayErrorCode = keyof typeof RELAY_ERRORS;

/** The errors of the codec: bytes that are no frame, or a value that no frame can hold. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: 'MALFORMED' | 'UNKNOWN_OPERATION' | 'INVALID_ARGUMENT';

  constructor(code: WireError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
