/**
 * What the client throws.
 *
 * @module
 */

import type { RelayErrorCode } from '@secret-chat/wire';

/** Stable codes; docs/protocol/errors.md says what a user can do about each. */
export type ClientErrorCode =
  /** The caller passed a value of the wrong type, size or range. */
  | 'INVALID_ARGUMENT'
  /** WebAssembly is missing here, or forbidden by a page's policy. */
  | 'UNSUPPORTED_PLATFORM'
  /** The device was closed, or is closing. */
  | 'CLOSED'
  /** The call was aborted by its signal. */
  | 'ABORTED'
  /** Another process has the store open. */
  | 'STORE_IN_USE'
  /** The store is damaged, cut off, or not one of this program. */
  | 'STORE_DAMAGED'
  /** The store was written by a newer version of this program. */
  | 'STORE_TOO_NEW'
  /** The store could not be written: disk full, read-only, or gone. Nothing was changed. */
  | 'STORE_FAILED'
  /** The store was not used for longer than its owner allowed. Nothing of it is left. */
  | 'STORE_EXPIRED'
  /** The store was erased: after too many wrong attempts, or because its account was deleted. Nothing of it is left. */
  | 'STORE_ERASED'
  /** The passphrase or key file is not the store's. */
  | 'WRONG_PASSPHRASE'
  /** No connection to the relay; what needs none goes on. */
  | 'RELAY_UNREACHABLE'
  /** The relay answered with an error: see {@link ClientError.relayCode}. */
  | 'RELAY_REFUSED'
  /** The relay broke the protocol. */
  | 'RELAY_MISBEHAVED'
  /** The link is no invite, mistyped or cut. */
  | 'INVITE_MALFORMED'
  /** The invite was made by a newer version of this program. */
  | 'INVITE_TOO_NEW'
  /** The invite is used up, revoked, expired, or never was. */
  | 'INVITE_GONE'
  /** What lies behind the invite was not made by who made the link. */
  | 'INVITE_FORGED'
  /** The invite was made on this very device. */
  | 'INVITE_OWN'
  /** There is no such invite, chat or message. */
  | 'NOT_FOUND'
  /** The chat, or the device, is in a state in which this cannot be done. */
  | 'WRONG_STATE'
  /** The text does not fit an envelope: send it as a file. */
  | 'TOO_LONG'
  /** What was to be sent cannot be read: no file, not allowed, or gone. */
  | 'FILE_UNREADABLE'
  /** What was to be sent changed while it was read. Nothing of it was kept. */
  | 'FILE_CHANGED'
  /** More than a file may have, or than can be held of a photo, or of a stream whose size is not known. */
  | 'FILE_TOO_LARGE'
  /** No photo that can be read here: of an unknown format, damaged, or of too many pixels. As a file it can be sent. */
  | 'PHOTO_UNREADABLE'
  /** Not all of the file is on this device, and the relay does not have it any more. */
  | 'FILE_MISSING'
  /** The file does not authenticate: what was stored or sent is not what its sender encrypted. */
  | 'FILE_DAMAGED'
  /** There is something of that name already. Nothing was overwritten. */
  | 'FILE_EXISTS'
  /** The file cannot be written there: no such folder, not allowed, or the disk is full. Nothing was left. */
  | 'FILE_NOT_SAVED'
  /** The file is said to be on a relay that this device does not ask: in a private network, or without TLS. */
  | 'RELAY_FORBIDDEN';

/** Switch on {@link ClientError.code}. Messages never hold secrets, texts or names of people. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** What the relay answered, with `RELAY_REFUSED`. */
  readonly relayCode: RelayErrorCode | undefined;
  /** When to try again, with some `RELAY_REFUSED`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: {
      readonly relayCode?: RelayErrorCode;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.relayCode = details.relayCode;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** True if `error` is a {@link ClientError} with one of `codes`; of any code if none is given. */
export function isClientError(error: unknown, ...codes: readonly ClientErrorCode[]): error is ClientError {
  return error instanceof ClientError && (codes.length === 0 || codes.includes(error.code));
}
