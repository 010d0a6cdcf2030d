/**
 * Proofs: the owner key signed this very request, for this relay and this connection.
 *
 * Spec: docs/protocol/relay.md §3.3.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { receivedProofInput } from '@secret-chat/wire';

/** Everything in a DER SubjectPublicKeyInfo of Ed25519 (RFC 8410) that stands before the 32 bytes of the key. */
const SPKI_PREFIX: Uint8Array = Buffer.from('302a300506032b6570032100', 'hex');

/** 2^255 - 19, the order of the field. */
const P = 2n ** 255n - 19n;
/** The order of the group of base points; of a signature, s must be smaller (RFC 8032 §5.1.7). */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

/**
 * The y coordinates of the eight points of small order. Under such a key a signature can be made by anyone, for any
 * message.
 */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);

/** True if `proof` is the owner's, over `frame` as received, for one of the origins this relay is reached by. */
export function verifyProof(
  origins: readonly string[],
  nonce: Uint8Array,
  frame: Uint8Array,
  { ownerKey, proof }: { readonly ownerKey: Uint8Array; readonly proof: Uint8Array },
): boolean {
  // OpenSSL takes keys that are not reduced, and keys of small order.
  if (!isCanonicalPoint(ownerKey) || littleEndian(proof.subarray(32)) >= L) {
    return false;
  }
  const key = importKey(ownerKey);
  return (
    key !== undefined && origins.some((origin) => verify(null, receivedProofInput(origin, nonce, frame), key, proof))
  );
}

/** A reduced y, and none of small order. */
function isCanonicalPoint(key: Uint8Array): boolean {
  const y = littleEndian(key) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER_Y.has(y);
}

function importKey(ownerKey: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, ownerKey]), format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
