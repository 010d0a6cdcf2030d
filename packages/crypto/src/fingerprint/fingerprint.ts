/**
 * The fingerprint of a chat: what two people compare to know that nobody sits between them.
 *
 * Spec: docs/protocol/fingerprint.md §2.
 *
 * @module
 */

import { concat } from '../bytes.ts';
import { LABEL } from '../labels.ts';
import { ED25519_PUBLIC_KEY_SIZE, requireSize, SHA256_SIZE, sha512 } from '../primitives/index.ts';
import { fingerprintDigits } from './digits.ts';
import { fingerprintPicture, type Picture } from './picture.ts';
import { fingerprintWords } from './words.ts';

/** What the two sides of a chat must have in common; all public, 32 bytes each. */
export interface FingerprintInput {
  /** The handshake's transcript hash. */
  readonly transcriptHash: Uint8Array;
  /** Ed25519 identity key of the side that joined by the invite. */
  readonly initiatorKey: Uint8Array;
  /** Ed25519 identity key of the side that made the invite. */
  readonly responderKey: Uint8Array;
}

/** The same fingerprint in three forms; each alone is enough, so people compare the one they like. */
export interface Fingerprint {
  /** 12 groups of 5 decimal digits. */
  readonly digits: readonly string[];
  /** 18 English words. */
  readonly words: readonly string[];
  readonly picture: Picture;
}

/**
 * The fingerprint, the same on both sides if and only if all of `input` is.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` unless the three are 32 bytes each
 */
export function fingerprint(input: FingerprintInput): Fingerprint {
  const { transcriptHash, initiatorKey, responderKey } = input;
  requireSize(transcriptHash, SHA256_SIZE, 'transcript hash');
  requireSize(initiatorKey, ED25519_PUBLIC_KEY_SIZE, "initiator's identity key");
  requireSize(responderKey, ED25519_PUBLIC_KEY_SIZE, "responder's identity key");
  // base = SHA-512(label ‖ transcript hash ‖ IK_initiator ‖ IK_responder)
  const base = sha512(concat(LABEL.fingerprint, transcriptHash, initiatorKey, responderKey));
  return {
    digits: fingerprintDigits(base),
    words: fingerprintWords(base),
    picture: fingerprintPicture(base),
  };
}
