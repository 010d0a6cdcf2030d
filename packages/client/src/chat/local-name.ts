/**
 * The name that the other person has on this device, instead of the one they gave themselves.
 *
 * @module
 */

import { ClientError } from '../errors.ts';
import { MAX_LOCAL_NAME_SIZE } from './chat-record.ts';
import type { ChatChange } from './chat-session.ts';
import { wellFormed } from './said.ts';

/** As it is kept. @throws `ClientError` `INVALID_ARGUMENT` for one that is too long */
export function localName(name: string): string {
  const given = wellFormed(name.trim());
  if (new TextEncoder().encode(given).length > MAX_LOCAL_NAME_SIZE) {
    throw new ClientError('INVALID_ARGUMENT', `a name has at most ${MAX_LOCAL_NAME_SIZE} bytes`);
  }
  return given;
}

/** With an empty one their own is shown again. */
export function setLocalName(change: ChatChange, given: string): void {
  const { localName: _before, ...rest } = change.record;
  change.record = given === '' ? rest : { ...rest, localName: given };
}
