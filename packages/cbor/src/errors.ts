/**
 * The one error type of this package.
 *
 * @module
 */

/** Bytes that are not what the schema says, or a value that the schema does not allow. */
export type CborErrorCode = 'MALFORMED' | 'INVALID_ARGUMENT';

/** What every function of this package throws; its message never holds data. */
export class CborError extends Error {
  override readonly name = 'CborError';
  readonly code: CborErrorCode;

  constructor(code: CborErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
