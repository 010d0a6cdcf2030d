/**
 * The relay protocol and nothing else: frames, sizes, error codes, codec.
 *
 * Spec: docs/protocol/relay.md.
 *
 * @module
 */

export { RELAY_ERRORS, type RelayErrorCode, WireError } from './errors.ts';
export { decodeFrame, encodeFrame, type FrameSchemas } from './frame.ts';
export * from './pieces.ts';
export { addressInput, proofInput, receivedProofInput, type UnsignedRequest } from './proof.ts';
export { type ExportedItem, type Reply, replySchemas } from './replies.ts';
export {
  type Operation,
  type Ownership,
  type Request,
  type RequestOf,
  requestSchemas,
  type SignedOperation,
} from './requests.ts';
export * from './sizes.ts';

/** Names the protocol and its version; a relay and a client that know no common one do not connect. */
export const SUBPROTOCOL = 'secret-chat.relay.v1';
