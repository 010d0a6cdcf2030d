/**
 * Records: everything that the store holds, sealed under the vault's record key.
 *
 * Spec: docs/protocol/vault.md §7.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import type { RandomSource } from '../primitives/index.ts';
import type { VaultKeys } from './keys.ts';
import { open, seal } from './sealed.ts';

/**
 * Seals a record for one kind and name; `plaintext.length + 41` bytes.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless `name` is 24 bytes
 */
export function sealRecord(
  keys: VaultKeys,
  kind: string,
  name: Uint8Array,
  plaintext: Uint8Array,
  random: RandomSource,
): Uint8Array {
  return seal(keys.recordKey, { label: LABEL.vaultRecord, kind, name }, plaintext, random);
}

/**
 * Opens what {@link sealRecord} sealed for the same kind and name.
 *
 * @throws {@link CryptoError} `AUTHENTICATION_FAILED` when it was changed, or moved to another name, kind or vault;
 * `MALFORMED` when it is truncated; `UNSUPPORTED_VERSION`
 */
export function openRecord(keys: VaultKeys, kind: string, name: Uint8Array, sealed: Uint8Array): Uint8Array {
  return open(keys.recordKey, { label: LABEL.vaultRecord, kind, name }, sealed);
}
