/**
 * The initiator's side: from a verified card to a session and the one envelope that asks for it.
 *
 * Spec: docs/protocol/handshake.md §5.
 *
 * @module
 */

import { BODY_SIZE } from '../envelope/size.ts';
import { CryptoError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { VerifiedCard } from '../invite/card.ts';
import { type Prekey, splitOneTimeKey } from '../invite/prekey.ts';
import {
  constantTimeEqual,
  ed25519ToX25519Public,
  type RandomSource,
  requireSize,
  requireXWingPublicKey,
  X_WING_ENTROPY_SIZE,
  X_WING_SEED_SIZE,
  X25519_KEY_SIZE,
  X25519KeyPair,
  XCHACHA_NONCE_SIZE,
  XWingKeyPair,
  xWingEncapsulate,
} from '../primitives/index.ts';
import { initiateSession } from '../ratchet/session.ts';
import type { RatchetState } from '../ratchet/state.ts';
import { agree, type DhPair } from './pqxdh.ts';
import { type RequestKeys, requestId, sealIdentity, sealRequest } from './request-envelope.ts';
import { hashTranscript } from './transcript.ts';

/** Who asks, and whom. */
export interface InitiateOptions {
  readonly identity: Identity;
  /** The device name that the other side will be shown. */
  readonly name: string;
  readonly keys: RequestKeys;
  readonly card: VerifiedCard;
  /** A verified one-time pair, if the relay still had one. */
  readonly oneTimePrekey?: Prekey | undefined;
  /** The padded request, 1526 bytes. */
  readonly body: Uint8Array;
}

/** A session that waits to be accepted. */
export interface InitiatedChat {
  /** 4096 bytes, for the card's inbox. */
  readonly envelope: Uint8Array;
  readonly state: RatchetState;
  /** 32 bytes, for the fingerprint. */
  readonly transcriptHash: Uint8Array;
  /** 32 bytes: what the other side recognises a repetition by (§4.4). */
  readonly requestId: Uint8Array;
}

/**
 * Begins a chat. Randomness is drawn in this order: EK 32, encapsulation 64, ratchet key 32, nonce 24.
 *
 * @throws {@link CryptoError} `OWN_INVITE`; `INVALID_KEY` when a key of the card is bad; `INVALID_ARGUMENT` for a body or a
 * name of a wrong size
 */
export function initiateChat(options: InitiateOptions, random: RandomSource): InitiatedChat {
  const { identity, card, keys, oneTimePrekey } = options;
  requireSize(options.body, BODY_SIZE.request, 'request body');
  if (constantTimeEqual(identity.publicKey, card.identityKey)) {
    throw new CryptoError('OWN_INVITE', 'this invite was made by this device');
  }
  const oneTime = oneTimePrekey && { id: oneTimePrekey.id, ...splitOneTimeKey(oneTimePrekey.key) };
  // KPK_B: the one-time X-Wing key if there is one, else the last-resort key.
  const kemPrekey = oneTime ? { id: oneTime.id, key: oneTime.xWing } : card.lastResortPrekey;
  requireXWingPublicKey(kemPrekey.key);
  const ephemeral = new X25519KeyPair(random(X25519_KEY_SIZE));
  const { ciphertext, sharedSecret } = xWingEncapsulate(kemPrekey.key, random(X_WING_ENTROPY_SIZE));
  const ratchetKey = new XWingKeyPair(random(X_WING_SEED_SIZE));
  const nonce = random(XCHACHA_NONCE_SIZE);
  try {
    const transcriptHash = hashTranscript({
      cardHash: card.hash,
      inviteId: keys.inviteId,
      initiatorKey: identity.publicKey,
      responderKey: card.identityKey,
      initiatorName: options.name,
      responderName: card.name,
      signedPrekey: card.signedPrekey,
      oneTimePrekey: oneTime && { id: oneTime.id, key: oneTime.x25519 },
      kemPrekey,
      ephemeralKey: ephemeral.publicKey,
      kemCiphertext: ciphertext,
    });
    const pairs: DhPair[] = [
      [identity.agreementKey, card.signedPrekey.key],
      [ephemeral, ed25519ToX25519Public(card.identityKey)],
      [ephemeral, card.signedPrekey.key],
      ...(oneTime ? [[ephemeral, oneTime.x25519] as const] : []),
    ];
    const prologue = {
      signedPrekeyId: card.signedPrekey.id,
      oneTimePrekeyId: oneTime?.id,
      ephemeralKey: ephemeral.publicKey,
      kemCiphertext: ciphertext,
    };
    const asker = { identityKey: identity.publicKey, name: options.name };
    const sealedIdentity = sealIdentity(sharedSecret, nonce, prologue, asker);
    const handshakeSecret = agree(pairs, sharedSecret, transcriptHash);
    const { message, state } = initiateSession({ handshakeSecret, transcriptHash, nonce }, ratchetKey, options.body);
    return {
      envelope: sealRequest(keys, nonce, prologue, sealedIdentity, message),
      state,
      transcriptHash,
      requestId: requestId(ephemeral.publicKey, ciphertext),
    };
  } catch (error) {
    ratchetKey.wipe();
    throw error;
  } finally {
    ephemeral.wipe();
    sharedSecret.wipe();
  }
}
