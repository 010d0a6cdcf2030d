/**
 * How a session begins on either side, once the handshake gave its secret.
 *
 * Spec: docs/protocol/ratchet.md §2.
 *
 * @module
 */

import { concat, copyOf } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { requireXWingPublicKey, type XWingKeyPair } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import { advanceChain } from './chain.ts';
import { type Header, openHeader, sealHeader } from './header.ts';
import { type EnvelopeParts, openBody, sealBody } from './message.ts';
import { deriveInitialKeys, type InitialKeys } from './root.ts';
import type { RatchetState } from './state.ts';

/** Placeholder of the KEM ciphertext that a request's header does not have. */
const NO_CIPHERTEXT: Uint8Array = new Uint8Array(0);

/** What the initiator's side of the handshake hands over. */
export interface SessionSeed {
  /** `SK`, 32 bytes; wiped. */
  readonly handshakeSecret: Secret<'handshake'>;
  /** 32 bytes. */
  readonly transcriptHash: Uint8Array;
  /** The envelope's nonce, 24 bytes. */
  readonly nonce: Uint8Array;
}

/** The initiator's session, and its request: `encrypted header 1241 ‖ encrypted body 1542`. */
export interface Initiated {
  readonly state: RatchetState;
  readonly message: Uint8Array;
}

/**
 * The initiator's session and its one message before it is accepted.
 *
 * @param ownKey the key that the responder's first turn will be encapsulated to; ownership passes to the session
 * @param body 1526 bytes, checked by the caller
 */
export function initiateSession(seed: SessionSeed, ownKey: XWingKeyPair, body: Uint8Array): Initiated {
  const { handshakeSecret, transcriptHash, nonce } = seed;
  const keys = deriveInitialKeys(handshakeSecret);
  const header = { pn: 0, n: 0, publicKey: ownKey.publicKey, kemCiphertext: NO_CIPHERTEXT };
  const sealedHeader = sealHeader(keys.requestHeaderKey, nonce, transcriptHash, 'request', header);
  const sealedBody = sealBody(requestMessageKey(keys), nonce, transcriptHash, sealedHeader, body);
  keys.requestHeaderKey.wipe();
  return {
    message: concat(sealedHeader, sealedBody),
    state: {
      ...unusedState(transcriptHash, keys),
      // The request was the initiator's first turn, of one message; its chain is gone.
      previousLength: 1,
      ownKey,
      nextSendingHeaderKey: keys.initiatorHeaderKey,
      nextReceivingHeaderKey: keys.responderHeaderKey,
    },
  };
}

/**
 * The responder's session and the request's body (1526 bytes).
 *
 * @throws {@link CryptoError} `AUTHENTICATION_FAILED`
 */
export function acceptSession(
  seed: SessionSeed,
  sealedHeader: Uint8Array,
  sealedBody: Uint8Array,
): { readonly state: RatchetState; readonly body: Uint8Array } {
  const { handshakeSecret, transcriptHash, nonce } = seed;
  const keys = deriveInitialKeys(handshakeSecret);
  const messageKey = requestMessageKey(keys);
  const header = openRequestHeader(keys, seed, sealedHeader);
  const parts: Pick<EnvelopeParts, 'nonce' | 'sealedHeader' | 'sealedBody'> = { nonce, sealedHeader, sealedBody };
  const body = header && openBody(messageKey, transcriptHash, parts);
  messageKey.wipe();
  keys.requestHeaderKey.wipe();
  if (header === undefined || body === undefined) {
    keys.rootKey.wipe();
    keys.initiatorHeaderKey.wipe();
    keys.responderHeaderKey.wipe();
    throw new CryptoError('AUTHENTICATION_FAILED', 'the request does not authenticate');
  }
  return {
    body,
    state: {
      ...unusedState(transcriptHash, keys),
      previousLength: 0,
      peerKey: copyOf(header.publicKey),
      nextSendingHeaderKey: keys.responderHeaderKey,
      nextReceivingHeaderKey: keys.initiatorHeaderKey,
    },
  };
}

/** A request is message 0 of a first turn and brings a key that can be used; any other does not authenticate. */
function openRequestHeader(keys: InitialKeys, seed: SessionSeed, sealedHeader: Uint8Array): Header | undefined {
  const header = openHeader(keys.requestHeaderKey, seed.nonce, seed.transcriptHash, 'request', sealedHeader);
  return header?.pn === 0 && header.n === 0 && isXWingPublicKey(header.publicKey) ? header : undefined;
}

function isXWingPublicKey(publicKey: Uint8Array): boolean {
  try {
    requireXWingPublicKey(publicKey);
    return true;
  } catch {
    return false;
  }
}

/** Message key 0 of the request's chain, which is wiped: it has one message only. */
function requestMessageKey(keys: InitialKeys): Secret<'message-key'> {
  const step = advanceChain({ key: keys.requestChainKey, index: 0 });
  keys.requestChainKey.wipe();
  step.chain.key.wipe();
  return step.messageKey;
}

function unusedState(
  transcriptHash: Uint8Array,
  keys: InitialKeys,
): Pick<RatchetState, 'transcriptHash' | 'rootKey' | 'sending' | 'receiving' | 'oldTurns' | 'peerKey' | 'ownKey'> {
  return {
    transcriptHash,
    rootKey: keys.rootKey,
    sending: undefined,
    receiving: undefined,
    oldTurns: [],
    peerKey: undefined,
    ownKey: undefined,
  };
}
