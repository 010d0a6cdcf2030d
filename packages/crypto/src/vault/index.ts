/**
 * The vault: the sealed store on the device.
 *
 * @module
 */

export {
  decodeVaultHeader,
  SCRYPT_MAX_LOG_N,
  SCRYPT_MAX_MEMORY,
  SCRYPT_MAX_P,
  SCRYPT_MIN_LOG_N,
  VAULT_HEADER_SIZE,
  type VaultHeader,
  type VaultHeaderPrefix,
  type VaultKdf,
} from './header.ts';
export * from './item-key.ts';
export { VaultKeys } from './keys.ts';
export * from './record.ts';
export * from './record-name.ts';
export { SEALED_OVERHEAD } from './sealed.ts';
export {
  DEFAULT_SCRYPT_PARAMETERS,
  KEY_FILE_SIZE,
  type KeyFileUnlock,
  type PassphraseUnlock,
  type Unlock,
} from './unlock.ts';
export { createVault, type NewVault, openVault, rewrapVault } from './vault.ts';
