/**
 * The vault header: 120 bytes that say how a vault opens, and hold its key under the key of an unlock.
 *
 * Spec: docs/protocol/vault.md §2.
 *
 * @module
 */

import { ByteReader, concat, u32, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import type { ScryptParameters } from '../primitives/index.ts';

/** §2: `magic 8 ‖ version 1 ‖ kdf 1 ‖ logN 1 ‖ p 1 ‖ r 4 ‖ salt 32 ‖ nonce 24 ‖ wrapped key 48`. */
export const VAULT_HEADER_SIZE = 120;
export const VAULT_SALT_SIZE = 32;

/** Below 1 MiB of memory (with r = 8) scrypt hardly slows a guesser down. */
export const SCRYPT_MIN_LOG_N = 10;
/** Eight times the default's N. Like the next two, it keeps a hostile header from eating the machine. */
export const SCRYPT_MAX_LOG_N = 20;
/** Each of the `p` rounds takes the full time. */
export const SCRYPT_MAX_P = 4;
/** Bytes, `128 · N · r`: 1 GiB. */
export const SCRYPT_MAX_MEMORY: number = 2 ** 30;

const MAGIC: Uint8Array = utf8('SC-VAULT');
const VERSION = 1;
const KDF_SCRYPT = 1;
const KDF_KEY_FILE = 2;
const NONCE_SIZE = 24;
const WRAPPED_KEY_SIZE = 48;

/** How the key that wraps the vault key is made. */
export type VaultKdf =
  | { readonly kind: 'passphrase'; readonly parameters: ScryptParameters }
  | { readonly kind: 'key-file' };

/** What the header says before its wrapped key; salt 32 bytes, nonce 24 bytes. */
export interface VaultHeaderPrefix {
  readonly kdf: VaultKdf;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
}

/** A whole header; wrapped key 48 bytes. */
export interface VaultHeader extends VaultHeaderPrefix {
  readonly wrappedKey: Uint8Array;
}

/** The first 72 bytes, which the wrapped key's tag covers too (§2). */
export function encodeVaultHeaderPrefix(prefix: VaultHeaderPrefix): Uint8Array {
  const { kdf, salt, nonce } = prefix;
  const settings =
    kdf.kind === 'passphrase'
      ? [Uint8Array.of(VERSION, KDF_SCRYPT, kdf.parameters.logN, kdf.parameters.p), u32(kdf.parameters.r)]
      : [Uint8Array.of(VERSION, KDF_KEY_FILE, 0, 0), u32(0)];
  return concat(MAGIC, ...settings, salt, nonce);
}

/**
 * Reads a header; results share memory with `bytes`. A client calls it to learn what to ask the user for.
 *
 * @throws {@link CryptoError} `MALFORMED` for bytes that are no vault header, are truncated, have trailing bytes, or
 * hold parameters out of bounds; `UNSUPPORTED_VERSION`
 */
export function decodeVaultHeader(bytes: Uint8Array): VaultHeader {
  const reader = new ByteReader(bytes, 'vault header');
  const magic = reader.take(MAGIC.length);
  if (magic.some((byte, i) => byte !== MAGIC[i])) {
    throw new CryptoError('MALFORMED', 'not a vault header');
  }
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `vault header has version ${version}, not ${VERSION}`);
  }
  const kdf = decodeKdf(reader);
  const header = {
    kdf,
    salt: reader.take(VAULT_SALT_SIZE),
    nonce: reader.take(NONCE_SIZE),
    wrappedKey: reader.take(WRAPPED_KEY_SIZE),
  };
  reader.end();
  return header;
}

/** Whether `parameters` are integers within the bounds of §3. */
export function scryptParametersAllowed(parameters: ScryptParameters): boolean {
  const { logN, r, p } = parameters;
  return (
    [logN, r, p].every(Number.isInteger) &&
    logN >= SCRYPT_MIN_LOG_N &&
    logN <= SCRYPT_MAX_LOG_N &&
    r >= 1 &&
    p >= 1 &&
    p <= SCRYPT_MAX_P &&
    128 * 2 ** logN * r <= SCRYPT_MAX_MEMORY
  );
}

function decodeKdf(reader: ByteReader): VaultKdf {
  const id = reader.u8();
  const logN = reader.u8();
  const p = reader.u8();
  const r = reader.u32();
  if (id === KDF_SCRYPT && scryptParametersAllowed({ logN, r, p })) {
    return { kind: 'passphrase', parameters: { logN, r, p } };
  }
  if (id === KDF_KEY_FILE && logN === 0 && p === 0 && r === 0) {
    return { kind: 'key-file' };
  }
  throw new CryptoError('MALFORMED', 'vault header has an unknown key derivation or parameters out of bounds');
}
