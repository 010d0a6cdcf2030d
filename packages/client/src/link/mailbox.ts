/**
 * Mailboxes of one's own: made, named, and kept as bytes.
 *
 * Spec: docs/protocol/relay.md §4.1.
 *
 * @module
 */

import { ED25519_SEED_SIZE, ed25519KeyPair, type RandomSource, sha256 } from '@secret-chat/crypto';
import { addressInput, ID_SIZE, MAX_IDLE_WEEKS, MIN_IDLE_WEEKS } from '@secret-chat/wire';
import { ClientError } from '../errors.ts';
import type { OwnMailbox } from './relay-link.ts';

/** `owner seed 32 ‖ random 32` */
export const MAILBOX_SIZE = 64;

/** A mailbox that no relay knows yet. @throws `ClientError` `INVALID_ARGUMENT` unless `idleWeeks` is 1 to 104 */
export function newMailbox(random: RandomSource, idleWeeks: number): OwnMailbox {
  return fromParts(random(ED25519_SEED_SIZE), random(ID_SIZE), idleWeeks);
}

/** 32 bytes: the capability to put into the mailbox. */
export function mailboxAddress(ownerPublicKey: Uint8Array, random: Uint8Array): Uint8Array {
  // address = SHA-256(label ‖ owner public key 32 ‖ random 32)
  return sha256(addressInput(ownerPublicKey, random));
}

/** `owner seed 32 ‖ random 32`, in memory of its own: a secret in the clear, to be sealed and then wiped. */
export function serializeMailbox({ owner, random }: OwnMailbox): Uint8Array {
  const out = new Uint8Array(MAILBOX_SIZE);
  // libsodium's private key begins with the seed.
  out.set(owner.privateKey.expose().subarray(0, ED25519_SEED_SIZE));
  out.set(random, ED25519_SEED_SIZE);
  return out;
}

/**
 * Undoes {@link serializeMailbox}; shares no memory with `bytes`.
 *
 * @throws `ClientError` `INVALID_ARGUMENT` unless `bytes` are 64 and `idleWeeks` is 1 to 104
 */
export function deserializeMailbox(bytes: Uint8Array, idleWeeks: number): OwnMailbox {
  if (bytes.length !== MAILBOX_SIZE) {
    throw new ClientError('INVALID_ARGUMENT', `a stored mailbox is ${MAILBOX_SIZE} bytes, not ${bytes.length}`);
  }
  const own = new Uint8Array(bytes);
  return fromParts(own.subarray(0, ED25519_SEED_SIZE), own.slice(ED25519_SEED_SIZE), idleWeeks);
}

/** Wipes `seed`. */
function fromParts(seed: Uint8Array, random: Uint8Array, idleWeeks: number): OwnMailbox {
  try {
    if (!Number.isInteger(idleWeeks) || idleWeeks < MIN_IDLE_WEEKS || idleWeeks > MAX_IDLE_WEEKS) {
      throw new ClientError('INVALID_ARGUMENT', `a mailbox is kept for ${MIN_IDLE_WEEKS} to ${MAX_IDLE_WEEKS} weeks`);
    }
    const owner = ed25519KeyPair(seed);
    return { owner, random, address: mailboxAddress(owner.publicKey, random), idleWeeks };
  } finally {
    seed.fill(0);
  }
}
