/**
 * What opens a vault, a passphrase or a key file, and the key-encryption key (KEK) made of it.
 *
 * Spec: docs/protocol/vault.md §3.
 *
 * @module
 */

import { utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import { hkdfSha512, requireSize, type ScryptParameters, type ScryptProgress, scrypt } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { scryptParametersAllowed, type VaultKdf } from './header.ts';

/** In bytes. */
export const KEY_FILE_SIZE = 32;
const KEK_SIZE = 32;

/** 128 MiB and about a second in JavaScript; OWASP's Password Storage Cheat Sheet asks for no less. */
export const DEFAULT_SCRYPT_PARAMETERS: ScryptParameters = { logN: 17, r: 8, p: 1 };

/** A lone surrogate has no UTF-8 form, and a replacement character would make different passphrases equal. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Opens with what the user knows. JavaScript strings cannot be wiped: drop the reference soon. */
export interface PassphraseUnlock {
  readonly passphrase: string;
  /** For a new header; an existing header is opened with the parameters it holds. Default: {@link DEFAULT_SCRYPT_PARAMETERS}. */
  readonly parameters?: ScryptParameters;
  readonly onProgress?: ScryptProgress;
}

/** Opens with a file beside the vault; `keyFile` (32 random bytes) stays the caller's. */
export interface KeyFileUnlock {
  readonly keyFile: Secret<'key-file'>;
}

/** What opens a vault (§3). */
export type Unlock = PassphraseUnlock | KeyFileUnlock;

/**
 * How a new header shall be opened.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for parameters out of bounds
 */
export function kdfOf(unlock: Unlock): VaultKdf {
  if ('keyFile' in unlock) {
    return { kind: 'key-file' };
  }
  const parameters = unlock.parameters ?? DEFAULT_SCRYPT_PARAMETERS;
  if (!scryptParametersAllowed(parameters)) {
    throw new CryptoError('INVALID_ARGUMENT', 'scrypt parameters are out of bounds');
  }
  return { kind: 'passphrase', parameters };
}

/**
 * The KEK, 32 bytes.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for an empty or ill-formed passphrase or a key file of a wrong size;
 * `MISMATCH` when the vault opens with the other kind of unlock
 */
export async function deriveKek(unlock: Unlock, kdf: VaultKdf, salt: Uint8Array): Promise<Secret<'vault-kek'>> {
  if ('keyFile' in unlock) {
    if (kdf.kind !== 'key-file') {
      throw new CryptoError('MISMATCH', 'this vault opens with a passphrase, not with a key file');
    }
    requireSize(unlock.keyFile.expose(), KEY_FILE_SIZE, 'key file');
    // KEK = HKDF-SHA-512(key file, salt, label)
    return new Secret(hkdfSha512(unlock.keyFile.expose(), salt, LABEL.vaultKeyFile, KEK_SIZE));
  }
  if (kdf.kind !== 'passphrase') {
    throw new CryptoError('MISMATCH', 'this vault opens with a key file, not with a passphrase');
  }
  const passphrase = passphraseBytes(unlock.passphrase);
  try {
    // KEK = scrypt(UTF-8(NFC(passphrase)), salt, N, r, p)
    return new Secret(await scrypt(passphrase, salt, kdf.parameters, KEK_SIZE, unlock.onProgress));
  } finally {
    passphrase.fill(0);
  }
}

function passphraseBytes(passphrase: string): Uint8Array {
  if (passphrase === '' || LONE_SURROGATE.test(passphrase)) {
    throw new CryptoError('INVALID_ARGUMENT', 'passphrase must be well-formed text and not empty');
  }
  return utf8(passphrase.normalize('NFC'));
}
