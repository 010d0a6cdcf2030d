/**
 * libsodium, loaded once.
 *
 * @module
 */

import sodium from 'libsodium-wrappers';
import { CryptoError } from '../errors.ts';

type Sodium = typeof sodium;

/** Resolves once libsodium's WebAssembly is compiled; await it once, before any other call. */
export const ready: Promise<void> = sodium.ready;
// Where WebAssembly is forbidden, whoever awaits it is told; nobody else has to handle that.
ready.catch(() => {});

/** @throws {@link CryptoError} `NOT_READY` before {@link ready} resolved. */
export function libsodium(): Sodium {
  // The functions exist only once the module is compiled.
  if (sodium.crypto_scalarmult === undefined) {
    throw new CryptoError('NOT_READY', 'await `ready` before the first call');
  }
  return sodium;
}
