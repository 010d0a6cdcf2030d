/**
 * Why a relay could not be started.
 *
 * @module
 */

export type RelayStartErrorCode =
  /** An option is out of range, or two of them do not fit together. */
  | 'INVALID_OPTION'
  /** Without TLS on an address that others can reach (docs/protocol/relay.md §1.1). */
  | 'INSECURE'
  /** Another program listens on this port. */
  | 'ADDRESS_IN_USE'
  /** The address is not one of this machine, or the port needs a privilege. */
  | 'CANNOT_LISTEN';

/** What {@link startRelay} rejects with, beside a `StoreError`. */
export class RelayStartError extends Error {
  override readonly name = 'RelayStartError';
  readonly code: RelayStartErrorCode;

  constructor(code: RelayStartErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
