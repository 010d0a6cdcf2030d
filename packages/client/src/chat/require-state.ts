/**
 * What can be done in which state of a chat.
 *
 * @module
 */

import type { ChatState } from '../chat.ts';
import { ClientError } from '../errors.ts';

/** @throws `ClientError` `WRONG_STATE` */
export function requireState(state: ChatState, ...allowed: readonly ChatState[]): void {
  if (!allowed.includes(state)) {
    throw new ClientError('WRONG_STATE', `this cannot be done while the chat is ${state}`);
  }
}
