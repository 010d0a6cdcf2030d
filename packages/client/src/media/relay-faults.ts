/**
 * Whether it is of any use to ask a relay again for the pieces of a file.
 *
 * @module
 */

import { type ClientError, isClientError } from '../errors.ts';

/** Answers in a row that break the protocol, after which a relay is not asked any more. */
const MAX_MISBEHAVED = 3;

export class RelayFaults {
  #misbehaved = 0;

  /** The relay gave what it was asked for, or is given another chance. */
  forgive(): void {
    this.#misbehaved = 0;
  }

  /** Counts this one. */
  isHopeless(error: unknown): boolean {
    this.#misbehaved += isClientError(error, 'RELAY_MISBEHAVED') ? 1 : 0;
    return (
      isClientError(error, 'RELAY_FORBIDDEN', 'STORE_FAILED') ||
      !isClientError(error) ||
      this.#misbehaved >= MAX_MISBEHAVED ||
      (isClientError(error, 'RELAY_REFUSED') && !isPassing(error))
    );
  }
}

function isPassing({ relayCode }: ClientError): boolean {
  return relayCode === 'RATE_LIMITED' || relayCode === 'UNAVAILABLE';
}
