/**
 * The keys of an open vault.
 *
 * Spec: docs/protocol/vault.md §4.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { hkdfSha512, requireSize } from '../primitives/index.ts';
import { Secret } from '../secret.ts';

export const VAULT_KEY_SIZE = 32;

/** HKDF's salt: the vault key is uniformly random already. */
const NO_SALT: Uint8Array = new Uint8Array(0);

/** Owns the vault key and the three keys derived from it, 32 bytes each, until {@link VaultKeys.wipe}. */
export class VaultKeys {
  /** Needed again when the unlock changes; nothing is sealed under it. */
  readonly vaultKey: Secret<'vault-key'>;
  readonly recordKey: Secret<'vault-record-key'>;
  readonly nameKey: Secret<'vault-name-key'>;
  readonly wrapKey: Secret<'vault-wrap-key'>;

  /** Takes ownership of `vaultKey` (32 bytes). */
  constructor(vaultKey: Secret<'vault-key'>) {
    requireSize(vaultKey.expose(), VAULT_KEY_SIZE, 'vault key');
    this.vaultKey = vaultKey;
    this.recordKey = derive(vaultKey, LABEL.vaultRecordKey);
    this.nameKey = derive(vaultKey, LABEL.vaultNameKey);
    this.wrapKey = derive(vaultKey, LABEL.vaultWrapKey);
  }

  /** Locks the vault: every later use throws `SECRET_WIPED`. */
  wipe(): void {
    this.vaultKey.wipe();
    this.recordKey.wipe();
    this.nameKey.wipe();
    this.wrapKey.wipe();
  }
}

/** key = HKDF-SHA-512(vault key, label) */
function derive<Purpose extends string>(vaultKey: Secret<'vault-key'>, label: Uint8Array): Secret<Purpose> {
  return new Secret<Purpose>(hkdfSha512(vaultKey.expose(), NO_SALT, label, VAULT_KEY_SIZE));
}
