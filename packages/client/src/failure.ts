/**
 * What failed where no call can report it, as a device tells it.
 *
 * @module
 */

import { isClientError } from './errors.ts';
import type { DeviceEvent } from './events.ts';

/** @param message what became of it, in words for the user; what is no error of the client comes from the store */
export function failure(error: unknown, message: string, chat?: number): DeviceEvent {
  const code = isClientError(error) ? error.code : 'STORE_FAILED';
  return { type: 'error', code, message, ...(chat === undefined ? {} : { chat }) };
}
