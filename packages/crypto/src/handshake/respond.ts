/**
 * The responder's side: from an opened request to a session.
 *
 * Spec: docs/protocol/handshake.md §6.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { CardKeys } from '../invite/card.ts';
import type { OneTimePrekeyPair } from '../invite/prekey.ts';
import { constantTimeEqual, ed25519ToX25519Public } from '../primitives/index.ts';
import { acceptSession } from '../ratchet/session.ts';
import { type RatchetState, wipeState } from '../ratchet/state.ts';
import { agree, type DhPair } from './pqxdh.ts';
import { type InitiatorIdentity, type OpenedRequest, openIdentity } from './request-envelope.ts';
import { hashTranscript } from './transcript.ts';

/** The private keys that a request may name. */
export interface RespondOptions {
  readonly identity: Identity;
  /** The card whose signed prekey the request names. */
  readonly cardKeys: CardKeys;
  /** The one-time pair that the request names, if it names one. */
  readonly oneTimePrekey?: OneTimePrekeyPair | undefined;
}

/** A request that authenticated. */
export interface RespondedChat {
  readonly initiator: InitiatorIdentity;
  /** The padded request, 1526 bytes. */
  readonly body: Uint8Array;
  readonly state: RatchetState;
  /** 32 bytes, for the fingerprint. */
  readonly transcriptHash: Uint8Array;
}

/**
 * Answers a request. No private key is wiped here: the one-time pair dies in the transaction that stores the result,
 * so that neither garbage nor a crash can burn it.
 *
 * @throws {@link CryptoError} `UNKNOWN_PREKEY` when the keys given are not those it names; `AUTHENTICATION_FAILED`;
 * `INVALID_KEY`; `MALFORMED`; `OWN_INVITE`
 */
export function respondToRequest(request: OpenedRequest, options: RespondOptions): RespondedChat {
  const { identity, cardKeys, oneTimePrekey } = options;
  const { card } = cardKeys;
  if (request.signedPrekeyId !== card.signedPrekey.id || request.oneTimePrekeyId !== oneTimePrekey?.id) {
    throw new CryptoError('UNKNOWN_PREKEY', 'the request names a prekey that is not held');
  }
  const kemKey = oneTimePrekey?.xWing ?? cardKeys.lastResortPrekey;
  const kemShared = kemKey.decapsulate(request.kemCiphertext);
  try {
    const initiator = openIdentity(kemShared, request);
    const transcriptHash = hashTranscript({
      cardHash: card.hash,
      inviteId: card.inviteId,
      initiatorKey: initiator.identityKey,
      responderKey: identity.publicKey,
      initiatorName: initiator.name,
      responderName: card.name,
      signedPrekey: card.signedPrekey,
      oneTimePrekey: oneTimePrekey && { id: oneTimePrekey.id, key: oneTimePrekey.x25519.publicKey },
      kemPrekey: { id: oneTimePrekey?.id ?? card.lastResortPrekey.id, key: kemKey.publicKey },
      ephemeralKey: request.ephemeralKey,
      kemCiphertext: request.kemCiphertext,
    });
    const pairs: DhPair[] = [
      [cardKeys.signedPrekey, ed25519ToX25519Public(initiator.identityKey)],
      [identity.agreementKey, request.ephemeralKey],
      [cardKeys.signedPrekey, request.ephemeralKey],
      ...(oneTimePrekey ? [[oneTimePrekey.x25519, request.ephemeralKey] as const] : []),
    ];
    const handshakeSecret = agree(pairs, kemShared, transcriptHash);
    const seed = { handshakeSecret, transcriptHash, nonce: request.nonce };
    const { state, body } = acceptSession(seed, request.sealedHeader, request.sealedBody);
    // Not before: until the request authenticated, anyone with the link could claim this identity.
    if (constantTimeEqual(initiator.identityKey, identity.publicKey)) {
      wipeState(state);
      throw new CryptoError('OWN_INVITE', 'the request was made by this device');
    }
    return { initiator, body, state, transcriptHash };
  } finally {
    kemShared.wipe();
  }
}
