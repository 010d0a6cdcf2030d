/**
 * Envelope sizes: everything a chat sends is one of two sizes, whatever it is.
 *
 * Spec: docs/protocol/envelope.md §1.
 *
 * @module
 */

import {
  X_WING_CIPHERTEXT_SIZE,
  X_WING_PUBLIC_KEY_SIZE,
  XCHACHA_NONCE_SIZE,
  XCHACHA_TAG_SIZE,
} from '../primitives/index.ts';

/** `request`: the first envelope; `standard`: all others; `large`: long texts only. */
export type SizeClass = 'request' | 'standard' | 'large';

/** Size of an envelope, in bytes. `request` and `standard` cannot be told apart. */
export const ENVELOPE_SIZE: Readonly<Record<SizeClass, number>> = { request: 4096, standard: 4096, large: 16_384 };

/** What the associated data calls a size class (ratchet §5). */
export const SIZE_CLASS_BYTE: Readonly<Record<SizeClass, number>> = { request: 0, standard: 1, large: 2 };

/** `pn u32 ‖ n u32 ‖ flags u8 ‖ X-Wing public key 1216`, which every header starts with. */
const SHORT_HEADER_SIZE: number = 4 + 4 + 1 + X_WING_PUBLIC_KEY_SIZE;

/** Size of a header before encryption: 1225 in a request, which needs no KEM ciphertext, else 2345. */
export const HEADER_SIZE: Readonly<Record<SizeClass, number>> = {
  request: SHORT_HEADER_SIZE,
  standard: SHORT_HEADER_SIZE + X_WING_CIPHERTEXT_SIZE,
  large: SHORT_HEADER_SIZE + X_WING_CIPHERTEXT_SIZE,
};

/** Size of an encrypted header. */
export const SEALED_HEADER_SIZE: Readonly<Record<SizeClass, number>> = {
  request: HEADER_SIZE.request + XCHACHA_TAG_SIZE,
  standard: HEADER_SIZE.standard + XCHACHA_TAG_SIZE,
  large: HEADER_SIZE.large + XCHACHA_TAG_SIZE,
};

/**
 * What a request holds besides its ratchet message (handshake §4): `version 1 ‖ prekey ids 8 ‖ EK 32 ‖ X-Wing
 * ciphertext 1120 ‖ sealed identity (32 + 64 + 16)`, and the tag of the seal around all of it.
 */
const REQUEST_OVERHEAD: number = 1 + 8 + 32 + X_WING_CIPHERTEXT_SIZE + (32 + 64 + XCHACHA_TAG_SIZE) + XCHACHA_TAG_SIZE;

/** Size of a body before encryption: 1526, 1695 or 13,983 bytes. */
export const BODY_SIZE: Readonly<Record<SizeClass, number>> = {
  request: bodySize('request') - REQUEST_OVERHEAD,
  standard: bodySize('standard'),
  large: bodySize('large'),
};

/** `nonce 24 ‖ header ‖ body + tag 16` */
function bodySize(sizeClass: SizeClass): number {
  return ENVELOPE_SIZE[sizeClass] - XCHACHA_NONCE_SIZE - SEALED_HEADER_SIZE[sizeClass] - XCHACHA_TAG_SIZE;
}
