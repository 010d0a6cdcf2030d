/**
 * The transcript: all that both sides must have seen alike, in one hash that everything later depends on.
 *
 * Spec: docs/protocol/handshake.md §3.
 *
 * @module
 */

import { concat, lengthPrefixed, u32, utf8 } from '../bytes.ts';
import { LABEL } from '../labels.ts';
import { sha256 } from '../primitives/index.ts';

/** Version of the handshake, first field of the transcript and of the request. */
export const HANDSHAKE_VERSION = 1;

/** What the transcript covers. Identity keys are their Ed25519 bytes: the map to X25519 loses the sign. */
export interface Transcript {
  /** SHA-256 of the card that the initiator used, 32 bytes. */
  readonly cardHash: Uint8Array;
  readonly inviteId: Uint8Array;
  /** `IK_A` and `IK_B`, 32 bytes each. */
  readonly initiatorKey: Uint8Array;
  readonly responderKey: Uint8Array;
  /** Both device names. */
  readonly initiatorName: string;
  readonly responderName: string;
  readonly signedPrekey: { readonly id: number; readonly key: Uint8Array };
  /** The X25519 half of the one-time pair, or none. */
  readonly oneTimePrekey: { readonly id: number; readonly key: Uint8Array } | undefined;
  /** The X-Wing key that was encapsulated to: the one-time pair's, or the last-resort one. */
  readonly kemPrekey: { readonly id: number; readonly key: Uint8Array };
  /** `EK_A`, 32 bytes. */
  readonly ephemeralKey: Uint8Array;
  /** 1120 bytes. */
  readonly kemCiphertext: Uint8Array;
}

/** SHA-256 of {@link encodeTranscript}, 32 bytes. */
export function hashTranscript(transcript: Transcript): Uint8Array {
  return sha256(encodeTranscript(transcript));
}

/** `label ‖ each field length-prefixed`; "no one-time prekey" is two empty fields. */
export function encodeTranscript(transcript: Transcript): Uint8Array {
  const { signedPrekey, oneTimePrekey, kemPrekey } = transcript;
  const nothing = new Uint8Array(0);
  const fields = [
    Uint8Array.of(HANDSHAKE_VERSION),
    transcript.cardHash,
    transcript.inviteId,
    transcript.initiatorKey,
    transcript.responderKey,
    utf8(transcript.initiatorName),
    utf8(transcript.responderName),
    u32(signedPrekey.id),
    signedPrekey.key,
    oneTimePrekey === undefined ? nothing : u32(oneTimePrekey.id),
    oneTimePrekey === undefined ? nothing : oneTimePrekey.key,
    u32(kemPrekey.id),
    kemPrekey.key,
    transcript.ephemeralKey,
    transcript.kemCiphertext,
  ];
  return concat(LABEL.transcript, ...fields.map(lengthPrefixed));
}
