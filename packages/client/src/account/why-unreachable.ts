/**
 * Why something of a relay is not in an export: an error code, its own or that of the relay.
 *
 * Spec: docs/protocol/export.md §5.
 *
 * @module
 */

import { isClientError } from '../errors.ts';

export function whyUnreachable(error: unknown): string {
  if (isClientError(error, 'ABORTED')) {
    // Its time was over.
    return 'RELAY_UNREACHABLE';
  }
  return isClientError(error) ? (error.relayCode ?? error.code) : 'RELAY_REFUSED';
}
