/**
 * Names of records, without an HMAC for each: the 16 bytes that a kind and a scope have in common are remembered.
 *
 * Spec: docs/protocol/vault.md §6.
 *
 * @module
 */

import { RECORD_FAMILY_SIZE, recordName, type VaultKeys } from '@secret-chat/crypto';
import { ClientError } from '../errors.ts';

/** Some twenty kinds in each of the chats that are in use; about 200 bytes of memory each. */
const MAX_FAMILIES = 1024;

export class RecordNames {
  readonly #keys: VaultKeys;
  /** Least recently used first. */
  readonly #families = new Map<string, Uint8Array>();

  /** `keys` stay the caller's. */
  constructor(keys: VaultKeys) {
    this.#keys = keys;
  }

  /**
   * The name of a record, 24 bytes; the same as `recordName` gives.
   *
   * @throws `ClientError` `INVALID_ARGUMENT` unless `position` is an integer of 0 to 2^53-1
   */
  nameOf(kind: string, scope: Uint8Array, position: number): Uint8Array {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new ClientError('INVALID_ARGUMENT', 'the position of a record is not an integer of 0 to 2^53-1');
    }
    const name = new Uint8Array(this.#family(kind, scope));
    new DataView(name.buffer).setBigUint64(RECORD_FAMILY_SIZE, BigInt(position));
    return name;
  }

  /** Which families there are says which chats there are. */
  forget(): void {
    this.#families.clear();
  }

  /** The name at position 0. */
  #family(kind: string, scope: Uint8Array): Uint8Array {
    // The length keeps one kind from running into the scope of another.
    const key = `${kind.length} ${kind}${String.fromCharCode(...scope)}`;
    const family = this.#families.get(key) ?? recordName(this.#keys, kind, scope);
    this.#families.delete(key);
    this.#families.set(key, family);
    if (this.#families.size > MAX_FAMILIES) {
      this.#families.delete(this.#families.keys().next().value as string);
    }
    return family;
  }
}
