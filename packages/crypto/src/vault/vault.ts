/**
 * Making, opening and re-wrapping a vault.
 *
 * Spec: docs/protocol/vault.md §2–§5.
 *
 * @module
 */

import { concat } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import { type RandomSource, XCHACHA_NONCE_SIZE, xchachaSeal, xchachaTryOpen } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { decodeVaultHeader, encodeVaultHeaderPrefix, VAULT_SALT_SIZE } from './header.ts';
import { VAULT_KEY_SIZE, VaultKeys } from './keys.ts';
import { deriveKek, kdfOf, type Unlock } from './unlock.ts';

/** A new vault: the header to store (120 bytes) and its keys, which the caller owns. */
export interface NewVault {
  readonly header: Uint8Array;
  readonly keys: VaultKeys;
}

/**
 * A vault with a fresh random key.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for an empty passphrase, a key file of a wrong size, or parameters out
 * of bounds
 */
export async function createVault(unlock: Unlock, random: RandomSource): Promise<NewVault> {
  const keys = new VaultKeys(new Secret(random(VAULT_KEY_SIZE)));
  try {
    return { header: await rewrapVault(keys, unlock, random), keys };
  } catch (error) {
    keys.wipe();
    throw error;
  }
}

/**
 * The keys of the vault that `header` belongs to; the caller owns them.
 *
 * @throws {@link CryptoError} `WRONG_PASSPHRASE` for a wrong passphrase or key file (a header damaged past its
 * parameters looks the same); `MISMATCH` for a passphrase where a key file is needed, or the reverse; `MALFORMED`,
 * `UNSUPPORTED_VERSION`; `INVALID_ARGUMENT` as in {@link createVault}
 */
export async function openVault(header: Uint8Array, unlock: Unlock): Promise<VaultKeys> {
  const { kdf, salt, nonce, wrappedKey } = decodeVaultHeader(header);
  const prefix = encodeVaultHeaderPrefix({ kdf, salt, nonce });
  const kek = await deriveKek(unlock, kdf, salt);
  try {
    const vaultKey = xchachaTryOpen(kek.expose(), nonce, wrappedKey, associatedData(prefix));
    if (vaultKey === undefined) {
      throw new CryptoError('WRONG_PASSPHRASE', 'this passphrase or key file does not open the vault');
    }
    return new VaultKeys(new Secret(vaultKey));
  } finally {
    kek.wipe();
  }
}

/**
 * A new header (120 bytes) for the same vault key: changes the unlock without sealing anything anew.
 *
 * Who kept a copy of the old header can go on opening the vault with the old unlock (§5).
 *
 * @throws {@link CryptoError} as {@link createVault}; `SECRET_WIPED` when `keys` are wiped
 */
export async function rewrapVault(keys: VaultKeys, unlock: Unlock, random: RandomSource): Promise<Uint8Array> {
  const kdf = kdfOf(unlock);
  const salt = random(VAULT_SALT_SIZE);
  const nonce = random(XCHACHA_NONCE_SIZE);
  const prefix = encodeVaultHeaderPrefix({ kdf, salt, nonce });
  const kek = await deriveKek(unlock, kdf, salt);
  try {
    return concat(prefix, xchachaSeal(kek.expose(), nonce, keys.vaultKey.expose(), associatedData(prefix)));
  } finally {
    kek.wipe();
  }
}

/** §2: the label and everything before the wrapped key. */
function associatedData(prefix: Uint8Array): Uint8Array {
  return concat(LABEL.vaultHeader, prefix);
}
