/**
 * The one error type of this package.
 *
 * Messages carry names, sizes and limits, never keys, plaintext or other secrets. All authentication
 * failures of one kind read alike, so that an error cannot be used as an oracle.
 *
 * @module
 */

/** Everything that can go wrong, as a closed union; `docs/protocol/errors.md` tells what each means. */
export type CryptoErrorCode =
  /** The caller passed a value of the wrong type, size or range. */
  | 'INVALID_ARGUMENT'
  /** `await ready` before the first call. */
  | 'NOT_READY'
  /** A secret was used after it was wiped. */
  | 'SECRET_WIPED'
  /** A public key is of low order, not canonical, or not in the range its scheme demands. */
  | 'INVALID_KEY'
  /** A ciphertext, tag or commitment does not authenticate. */
  | 'AUTHENTICATION_FAILED'
  /** An Ed25519 signature does not verify. */
  | 'INVALID_SIGNATURE'
  /** Bytes are truncated, have trailing bytes, or break the format. */
  | 'MALFORMED'
  /** The format's version is not one this package knows. */
  | 'UNSUPPORTED_VERSION'
  /** A card, prekey or invite is past its date. */
  | 'EXPIRED'
  /** A card or prekey belongs to another invite, identity or prekey. */
  | 'MISMATCH'
  /** A device was given its own invite. */
  | 'OWN_INVITE'
  /** The prekey that a request names is not (or no longer) held. */
  | 'UNKNOWN_PREKEY'
  /** The content does not fit the envelope; send it as a file. */
  | 'TOO_LONG'
  /** Nothing can be sent before the other side's first turn arrived. */
  | 'TURN_NOT_OPEN'
  /** This side sent as much in one turn as it may, or a chain reached its last index. */
  | 'CHAIN_EXHAUSTED'
  /** More than 1000 messages of one turn are missing before this one. */
  | 'SKIP_LIMIT'
  /** A file cipher's input ended early. */
  | 'TRUNCATED'
  /** A source gave fewer or more bytes than it was said to hold. */
  | 'SIZE_MISMATCH'
  /** The vault's passphrase or key file is not the one it was sealed with. */
  | 'WRONG_PASSPHRASE';

/** What every function of this package throws; switch on {@link CryptoError.code}. */
export class CryptoError extends Error {
  override readonly name = 'CryptoError';
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
