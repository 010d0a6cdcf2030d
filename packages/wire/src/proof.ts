/**
 * What is signed, and what an address is made of. Hashing and signing are the caller's: this package has no cryptography.
 *
 * Spec: docs/protocol/relay.md §3.3 and §4.1.
 *
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '@secret-chat/cbor';
import { encodeFrame } from './frame.ts';
import { type Request, type RequestOf, requestSchemas, type SignedOperation } from './requests.ts';
import { PROOF_SIZE } from './sizes.ts';

const ADDRESS_LABEL = 'secret-chat/v1/relay/address';
const PROOF_LABEL = 'secret-chat/v1/relay/proof';

const encoder: TextEncoder = new TextEncoder();

/** A signed request before it is signed. */
export type UnsignedRequest = { [O in SignedOperation]: Omit<RequestOf<O>, 'proof'> }[SignedOperation];

/** `address = SHA-256(label ‖ owner public key 32 ‖ random 32)`: the input of the hash. */
export function addressInput(ownerKey: Uint8Array, random: Uint8Array): Uint8Array {
  return join(encoder.encode(ADDRESS_LABEL), ownerKey, random);
}

/**
 * The message that the owner key signs: `label ‖ u32 length ‖ origin ‖ connection nonce 32 ‖ frame with a proof of zeros`.
 *
 * The origin is the one that the client dialled, so that a relay cannot pass a proof on to another; nonce and growing
 * request id make it good once.
 *
 * @param origin as in an invite: `wss://host[:port]`
 */
export function proofInput(origin: string, nonce: Uint8Array, request: UnsignedRequest): Uint8Array {
  const unsigned = { ...request, proof: new Uint8Array(PROOF_SIZE) } as Request;
  return proofMessage(origin, nonce, encodeFrame(requestSchemas, unsigned));
}

/**
 * The same message for a frame as it was received, with every field that it has: those of a later version, which this
 * one ignores, are signed too.
 *
 * @param frame a signed request that `decodeFrame` accepted
 */
export function receivedProofInput(origin: string, nonce: Uint8Array, frame: Uint8Array): Uint8Array {
  const fields = decodeCbor(frame) as Map<string, CborValue>;
  return proofMessage(origin, nonce, encodeCbor(fields.set('proof', new Uint8Array(PROOF_SIZE))));
}

function proofMessage(origin: string, nonce: Uint8Array, frame: Uint8Array): Uint8Array {
  const dialled = encoder.encode(origin);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, dialled.length);
  return join(encoder.encode(PROOF_LABEL), length, dialled, nonce, frame);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
