/**
 * Envelopes as the ratchet sees them: `nonce 24 ‖ encrypted header ‖ encrypted body`.
 *
 * One random nonce serves header and body, which have different keys: a store that was rolled back or copied and run
 * twice never uses a key and a nonce together twice.
 *
 * Spec: docs/protocol/ratchet.md §5.
 *
 * @module
 */

import { ByteReader, concat } from '../bytes.ts';
import { ENVELOPE_SIZE, SEALED_HEADER_SIZE, type SizeClass } from '../envelope/size.ts';
import { CryptoError } from '../errors.ts';
import { XCHACHA_NONCE_SIZE, xchachaSeal, xchachaTryOpen } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';

/** An envelope, taken apart. The parts share its memory. */
export interface EnvelopeParts {
  readonly sizeClass: SizeClass;
  readonly nonce: Uint8Array;
  readonly sealedHeader: Uint8Array;
  readonly sealedBody: Uint8Array;
}

/** @throws {@link CryptoError} `MALFORMED` for bytes that have no envelope's size */
export function splitEnvelope(envelope: Uint8Array): EnvelopeParts {
  const sizeClass = (['standard', 'large'] as const).find((each) => ENVELOPE_SIZE[each] === envelope.length);
  if (sizeClass === undefined) {
    throw new CryptoError('MALFORMED', `an envelope has ${ENVELOPE_SIZE.standard} or ${ENVELOPE_SIZE.large} bytes`);
  }
  const reader = new ByteReader(envelope, 'envelope');
  return {
    sizeClass,
    nonce: reader.take(XCHACHA_NONCE_SIZE),
    sealedHeader: reader.take(SEALED_HEADER_SIZE[sizeClass]),
    sealedBody: reader.take(reader.remaining),
  };
}

/** Body AD: `transcript hash 32 ‖ nonce 24 ‖ encrypted header`. Wipes `key`. */
export function sealBody(
  key: Secret<'message-key'>,
  nonce: Uint8Array,
  transcriptHash: Uint8Array,
  sealedHeader: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  const sealed = xchachaSeal(key.expose(), nonce, body, concat(transcriptHash, nonce, sealedHeader));
  key.wipe();
  return sealed;
}

/** `undefined` when it does not authenticate; leaves `key` as it is. */
export function openBody(
  key: Secret<'message-key'>,
  transcriptHash: Uint8Array,
  parts: Pick<EnvelopeParts, 'nonce' | 'sealedHeader' | 'sealedBody'>,
): Uint8Array | undefined {
  const associatedData = concat(transcriptHash, parts.nonce, parts.sealedHeader);
  return xchachaTryOpen(key.expose(), parts.nonce, parts.sealedBody, associatedData);
}
