/**
 * A connection as the operations see it.
 *
 * @module
 */

import type { Subscriber } from './mailboxes.ts';
import type { TokenBucket } from './rate-limit.ts';
import type { Receiver } from './subscription.ts';

export interface Peer extends Subscriber {
  /** IPv4 address or IPv6 /64: for rates, nothing else. */
  readonly network: string;
  /** The nonce of this connection's `hello`. */
  readonly nonce: Uint8Array;
  /** Showed the token of a private relay, or there is none. */
  readonly isAuthorized: boolean;
  readonly puts: TokenBucket;
  /** Where envelopes go. */
  readonly outgoing: Receiver;
  /** False once the connection has ended, perhaps while a request of it was under way. */
  readonly isOpen: boolean;
}
