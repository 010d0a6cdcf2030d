/**
 * What a relay counts about itself: totals of all connections together, never anything of one mailbox or network.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

import type { Operation, RelayErrorCode } from '@secret-chat/wire';

export class Totals {
  connections = 0;
  connectionsOpened = 0;
  /** Connections that read too slowly, or answered no ping. */
  connectionsCut = 0;
  /** Connections closed for what they sent. */
  connectionsRefused = 0;
  framesPushed = 0;
  piecesStored = 0;
  piecesRead = 0;
  /** Items that expired and were removed. */
  purged = 0;
  /** Requests that failed inside the relay. */
  failures = 0;
  readonly requests: Map<Operation, number> = new Map();
  readonly refusals: Map<RelayErrorCode, number> = new Map();

  request(operation: Operation): void {
    this.requests.set(operation, (this.requests.get(operation) ?? 0) + 1);
  }

  refusal(code: RelayErrorCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}
