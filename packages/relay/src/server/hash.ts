/**
 * SHA-256, and the names that things have at rest.
 *
 * Spec: docs/protocol/relay.md §8.1.
 *
 * @module
 */

import * as nodeCrypto from 'node:crypto';
import { addressInput } from '@secret-chat/wire';

/** 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nodeCrypto.hash('sha256', bytes, 'buffer');
}

/** The address of a mailbox (§4.1), from the two parts that its owner discloses. */
export function addressOf(ownerKey: Uint8Array, random: Uint8Array): Uint8Array {
  return sha256(addressInput(ownerKey, random));
}

/** A hash as the key of a map. */
export function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex');
}
