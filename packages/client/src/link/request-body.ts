/**
 * Requests before a connection gives them an id and a proof.
 *
 * Spec: docs/protocol/relay.md §3.3 and §3.4.
 *
 * @module
 */

import { type Ed25519KeyPair, ed25519Sign } from '@secret-chat/crypto';
import {
  encodeFrame,
  MAX_REQUEST_ID,
  type Operation,
  PROOF_SIZE,
  proofInput,
  type Request,
  type RequestOf,
  requestSchemas,
  type UnsignedRequest,
} from '@secret-chat/wire';
import { ClientError } from '../errors.ts';

/** Stands for a proof where only sizes are checked. */
const NO_PROOF: Uint8Array = new Uint8Array(PROOF_SIZE);

/** An operation and its fields. */
export type RequestBody = { [O in Operation]: Omit<RequestOf<O>, 'id' | 'proof'> }[Operation];

/** What a proof is good for: this origin, this connection. */
export interface ProofScope {
  /** The origin that was dialled, in canonical form. */
  readonly origin: string;
  /** Of the connection's `hello`, 32 bytes. */
  readonly nonce: Uint8Array;
}

/**
 * @param owner signs, where the operation needs it
 * @throws `ClientError` `INVALID_ARGUMENT` for a body that breaks its schema, and for a wiped key
 */
export function encodeRequest(
  body: RequestBody,
  id: number,
  scope: ProofScope,
  owner: Ed25519KeyPair | undefined,
): Uint8Array {
  try {
    const request = { ...body, id };
    if (owner === undefined) {
      return encodeFrame(requestSchemas, request as Request);
    }
    const input = proofInput(scope.origin, scope.nonce, request as UnsignedRequest);
    return encodeFrame(requestSchemas, { ...request, proof: ed25519Sign(input, owner.privateKey) } as Request);
  } catch (cause) {
    throw new ClientError('INVALID_ARGUMENT', `this is no request to ${body.op}`, { cause });
  }
}

/**
 * Refuses at the call what no connection could send later.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` for a body that breaks its schema
 */
export function requireBody(body: RequestBody): void {
  try {
    // Operations that are not signed ignore the proof.
    encodeFrame(requestSchemas, { ...body, id: MAX_REQUEST_ID, proof: NO_PROOF } as Request);
  } catch (cause) {
    throw new ClientError('INVALID_ARGUMENT', `this is no request to ${body.op}`, { cause });
  }
}
