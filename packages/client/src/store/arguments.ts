/**
 * What adapters of {@link Store} are called with: checked, and copied where it is kept.
 *
 * @module
 */

import { RECORD_NAME_SIZE } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';
import { nameText } from './name-text.ts';
import type { Batch, RangeQuery } from './store.ts';

/** What happens to one name. */
export interface Change {
  readonly name: Uint8Array;
  /** `undefined` deletes the record. */
  readonly value: Uint8Array | undefined;
}

/**
 * The changes of a batch, in memory of their own.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` for a name that is not 24 bytes or stands in the batch twice, or for a value
 * that is no bytes
 */
export function changesOf({ put = [], delete: deleted = [] }: Batch): Change[] {
  const seen = new Set<string>();
  const copied = (name: Uint8Array): Uint8Array => {
    requireName(name);
    const text = nameText(name);
    if (seen.has(text)) {
      throw new ClientError('INVALID_ARGUMENT', 'a batch holds a name twice');
    }
    seen.add(text);
    return new Uint8Array(name);
  };
  return [
    ...put.map(({ name, value }) => ({ name: copied(name), value: new Uint8Array(requireBytes(value)) })),
    ...deleted.map((name) => ({ name: copied(name), value: undefined })),
  ];
}

/** @throws `ClientError` `INVALID_ARGUMENT` */
export function requireRange({ from, to, limit = 0 }: RangeQuery): void {
  requireName(from);
  requireName(to);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new ClientError('INVALID_ARGUMENT', 'the limit of a range is not a whole number');
  }
}

/** @throws `ClientError` `INVALID_ARGUMENT` */
export function requireName(name: Uint8Array): void {
  if (requireBytes(name).length !== RECORD_NAME_SIZE) {
    throw new ClientError('INVALID_ARGUMENT', `the name of a record is not ${RECORD_NAME_SIZE} bytes`);
  }
}

/** What every adapter rejects with after `close`. */
export function closedError(): ClientError {
  return new ClientError('CLOSED', 'the store is closed');
}

function requireBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new ClientError('INVALID_ARGUMENT', 'names and values of records are bytes');
  }
  return value;
}
