/**
 * Between what a program unlocks a device with and the vault's header: the header's record, and what can be wrong.
 *
 * Spec: docs/protocol/vault.md §2, §3 and §5.
 *
 * @module
 */

import {
  CryptoError,
  createVault,
  decodeVaultHeader,
  type NewVault,
  openVault,
  type RandomSource,
  ready,
  rewrapVault,
  type ScryptParameters,
  Secret,
  type Unlock,
  type VaultKdf,
  type VaultKeys,
} from '@secret-chat/crypto';
import type { DeviceUnlock } from '../device.ts';
import { ClientError } from '../errors.ts';
import type { Batch, Store } from '../store/store.ts';
import { HEADER_NAME, isReserved, LAST_NAME } from './reserved-names.ts';

/**
 * The header, 120 bytes if it is whole; `undefined` for a store that holds nothing, or is being erased.
 *
 * @throws `ClientError` `STORE_DAMAGED` for records without a header
 */
export async function readHeader(store: Store): Promise<Uint8Array | undefined> {
  const [first] = await store.range({ from: HEADER_NAME, to: LAST_NAME, limit: 1 });
  if (first === undefined || first.name.every((byte) => byte === 0)) {
    return first?.value;
  }
  if (isReserved(first.name)) {
    return undefined;
  }
  throw new ClientError('STORE_DAMAGED', 'the header of the vault is missing');
}

/** What puts `header` into a store, in the place of the one that is there. */
export function headerBatch(header: Uint8Array): Batch {
  return { put: [{ name: HEADER_NAME, value: header }] };
}

/** @throws `ClientError` `STORE_DAMAGED`, `STORE_TOO_NEW` */
export function unlockKindOf(header: Uint8Array): VaultKdf['kind'] {
  try {
    return decodeVaultHeader(header).kdf.kind;
  } catch (error) {
    throw described(error);
  }
}

/** @throws `ClientError` `INVALID_ARGUMENT` for an empty passphrase, a key file of a wrong size, or bad parameters */
export function newVault(
  unlock: DeviceUnlock,
  random: RandomSource,
  scrypt: ScryptParameters | undefined,
): Promise<NewVault> {
  return unlocking(unlock, scrypt, (accepted) => createVault(accepted, random));
}

/** @throws `ClientError` `WRONG_PASSPHRASE`, `STORE_DAMAGED`, `STORE_TOO_NEW`, `INVALID_ARGUMENT` */
export function openHeader(header: Uint8Array, unlock: DeviceUnlock): Promise<VaultKeys> {
  return unlocking(unlock, undefined, (accepted) => openVault(header, accepted));
}

/** @throws as {@link newVault} */
export function newHeader(
  keys: VaultKeys,
  unlock: DeviceUnlock,
  random: RandomSource,
  scrypt: ScryptParameters | undefined,
): Promise<Uint8Array> {
  return unlocking(unlock, scrypt, (accepted) => rewrapVault(keys, accepted, random));
}

/** Lends `use` the unlock in the form that the crypto package takes. */
async function unlocking<T>(
  unlock: DeviceUnlock,
  parameters: ScryptParameters | undefined,
  use: (unlock: Unlock) => Promise<T>,
): Promise<T> {
  await ready;
  const { passphrase, keyFile } = unlock as { readonly passphrase?: unknown; readonly keyFile?: unknown };
  if (typeof passphrase === 'string' && keyFile === undefined) {
    return use({ passphrase, ...(parameters && { parameters }) }).catch(rethrowDescribed);
  }
  if (keyFile instanceof Uint8Array && passphrase === undefined) {
    const secret = new Secret<'key-file'>(new Uint8Array(keyFile));
    return use({ keyFile: secret })
      .catch(rethrowDescribed)
      .finally(() => secret.wipe());
  }
  throw new ClientError('INVALID_ARGUMENT', 'a vault is unlocked with either a passphrase or a key file');
}

function rethrowDescribed(error: unknown): never {
  throw described(error);
}

function described(error: unknown): unknown {
  if (!(error instanceof CryptoError)) {
    return error;
  }
  switch (error.code) {
    case 'WRONG_PASSPHRASE':
    // Says which of the two is needed.
    case 'MISMATCH':
      return new ClientError('WRONG_PASSPHRASE', error.message, { cause: error });
    case 'MALFORMED':
      return new ClientError('STORE_DAMAGED', `the header of the vault is damaged: ${error.message}`, { cause: error });
    case 'UNSUPPORTED_VERSION':
      return new ClientError('STORE_TOO_NEW', 'the vault was made by a newer version of this program', {
        cause: error,
      });
    case 'INVALID_ARGUMENT':
      return new ClientError('INVALID_ARGUMENT', error.message, { cause: error });
    case 'SECRET_WIPED':
      return new ClientError('CLOSED', 'the vault is closed', { cause: error });
    default:
      return error;
  }
}
