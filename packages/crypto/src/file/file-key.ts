/**
 * The key of one file, and what is derived from it.
 *
 * Spec: docs/protocol/files.md §2.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { hkdfSha512, type RandomSource, requireSize } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { COBBLESTONE_SALT_SIZE } from './cobblestone.ts';

/** In bytes. */
export const FILE_KEY_SIZE = 32;

/** 32 random bytes that open one file; a file that is sent again or forwarded gets a new one. */
export type FileKey = Secret<'file-key'>;

const DERIVED_SIZE = 32;
const NO_SALT: Uint8Array = new Uint8Array(0);

/** A key for one file; the caller owns it, and wipes it. */
export function newFileKey(random: RandomSource): FileKey {
  return new Secret(random(FILE_KEY_SIZE));
}

/** 24 bytes, not secret; kept by who uploads until all pieces are on the relay. */
export function newFileSalt(random: RandomSource): Uint8Array {
  return random(COBBLESTONE_SALT_SIZE);
}

/** The input key of Cobblestone-256. */
export function fileInputKey(fileKey: FileKey): Secret<'file-input-key'> {
  return deriveFromFileKey(fileKey, LABEL.fileInputKey);
}

/** `HKDF-SHA-512(fk, empty salt, label, 32)`. */
export function deriveFromFileKey<Purpose extends string>(fileKey: FileKey, label: Uint8Array): Secret<Purpose> {
  requireSize(fileKey.expose(), FILE_KEY_SIZE, 'file key');
  return new Secret(hkdfSha512(fileKey.expose(), NO_SALT, label, DERIVED_SIZE));
}
