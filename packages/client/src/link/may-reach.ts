/**
 * Which relays another person may make this device dial.
 *
 * @module
 */

import { isLoopbackOrigin } from '@secret-chat/crypto';

/**
 * Whether a relay that the other side names may be dialled: one on this very machine only by who uses such a relay too, so
 * that nobody can make a device knock at its own doors; and any other with TLS only (relay §1.1).
 *
 * @param relay as the other side names it
 * @param own this device's relay
 */
export function mayReach(relay: string, own: string): boolean {
  return isLoopbackOrigin(relay) ? isLoopbackOrigin(own) : relay.startsWith('wss:');
}
