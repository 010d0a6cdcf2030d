/**
 * Which relays a device dials, and which ones another person may make it dial.
 *
 * Spec: docs/protocol/relay.md §1.1, docs/protocol/delivery.md §2.4.
 *
 * @module
 */

import { isLoopbackOrigin } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';

/**
 * Whether a relay that the other side names may be dialled: one on this very machine only by who uses such a relay too, so
 * that nobody can make a device knock at its own doors; any other with TLS, or if it is the device's own.
 *
 * @param relay as the other side names it
 * @param own this device's relay
 */
export function mayReach(relay: string, own: string): boolean {
  return isLoopbackOrigin(relay) ? isLoopbackOrigin(own) : relay.startsWith('wss:') || relay === own;
}

/**
 * @param relay a canonical origin
 * @param allowsInsecure as the user of the device decided
 * @throws `ClientError` `INVALID_ARGUMENT`
 */
export function requireSafe(relay: string, allowsInsecure: boolean): void {
  if (relay.startsWith('ws:') && !isLoopbackOrigin(relay) && !allowsInsecure) {
    throw new ClientError(
      'INVALID_ARGUMENT',
      'a relay on another machine needs TLS (wss://), unless ws:// is allowed explicitly',
    );
  }
}
