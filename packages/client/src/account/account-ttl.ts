/**
 * How long relays keep what a device does not use: the owner's choice, for everything that the device has there.
 *
 * Spec: docs/protocol/relay.md §4.2 and §5.3.
 *
 * @module
 */

import { MAX_IDLE_WEEKS, MIN_IDLE_WEEKS } from '@secret-chat/wire';
import type { DeviceParts } from '../device/device-parts.ts';
import { ClientError } from '../errors.ts';

/**
 * Resolves once it is stored; relays are told as soon as they can be, for everything that they hold, and what they were told last
 * is what they go by. Whoever was offline, or killed in between, tells it at the next connection: mailboxes are opened at each,
 * and a card is put again when it was put for another period.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` unless `weeks` is 1 to 104
 */
export async function changeAccountTtl({ state, chats, invites }: DeviceParts, weeks: number): Promise<void> {
  if (!Number.isInteger(weeks) || weeks < MIN_IDLE_WEEKS || weeks > MAX_IDLE_WEEKS) {
    const bounds = `${MIN_IDLE_WEEKS} to ${MAX_IDLE_WEEKS} weeks`;
    throw new ClientError('INVALID_ARGUMENT', `relays keep what is not used for ${bounds}`);
  }
  await state.setIdleWeeks(weeks);
  invites.renew();
  chats.renew();
}
