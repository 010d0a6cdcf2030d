/**
 * Sealed bytes of the vault: bound to a label, a kind and a name, so that they open nowhere else.
 *
 * Spec: docs/protocol/vault.md §7.
 *
 * @module
 */

import { ByteReader, concat, lengthPrefixed, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import {
  type RandomSource,
  requireSize,
  XCHACHA_NONCE_SIZE,
  XCHACHA_TAG_SIZE,
  xchachaOpen,
  xchachaSeal,
} from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import { RECORD_NAME_SIZE } from './record-name.ts';

/** What sealing adds: `version 1 ‖ nonce 24` before and `tag 16` after, 41 bytes. */
export const SEALED_OVERHEAD: number = 1 + XCHACHA_NONCE_SIZE + XCHACHA_TAG_SIZE;

const VERSION = 1;

/** Where sealed bytes belong: what they are for, and the record (name 24 bytes) they are found under. */
export interface SealedPlace {
  readonly label: Uint8Array;
  readonly kind: string;
  readonly name: Uint8Array;
}

/** `version 1 ‖ nonce 24 ‖ ciphertext ‖ tag 16`; a random nonce, so a store that was rolled back never repeats one. */
export function seal(key: Secret, place: SealedPlace, plaintext: Uint8Array, random: RandomSource): Uint8Array {
  const associatedData = encodePlace(place);
  const nonce = random(XCHACHA_NONCE_SIZE);
  return concat(Uint8Array.of(VERSION), nonce, xchachaSeal(key.expose(), nonce, plaintext, associatedData));
}

/** @throws {@link CryptoError} `MALFORMED`, `UNSUPPORTED_VERSION`, `AUTHENTICATION_FAILED` */
export function open(key: Secret, place: SealedPlace, sealed: Uint8Array): Uint8Array {
  const associatedData = encodePlace(place);
  const reader = new ByteReader(sealed, 'sealed record');
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `sealed record has version ${version}, not ${VERSION}`);
  }
  const nonce = reader.take(XCHACHA_NONCE_SIZE);
  if (reader.remaining < XCHACHA_TAG_SIZE) {
    throw new CryptoError('MALFORMED', 'sealed record is truncated');
  }
  return xchachaOpen(key.expose(), nonce, reader.take(reader.remaining), associatedData);
}

/** AD = label ‖ version ‖ len(kind) ‖ kind ‖ name */
function encodePlace({ label, kind, name }: SealedPlace): Uint8Array {
  requireSize(name, RECORD_NAME_SIZE, 'record name');
  return concat(label, Uint8Array.of(VERSION), lengthPrefixed(utf8(kind)), name);
}
