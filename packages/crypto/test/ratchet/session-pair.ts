import { BODY_SIZE, type RatchetState, Secret, XWingKeyPair } from '../../src/index.ts';
import { acceptSession, initiateSession } from '../../src/ratchet/session.ts';
import { seededRandom } from '../support/random.ts';
import type { NaiveSeed } from './naive-ratchet.ts';

/** What the handshake and the initiator bring, in plain bytes; the same for the same `seed`. */
export interface Beginning extends NaiveSeed {
  readonly ratchetSeed: Uint8Array;
  readonly body: Uint8Array;
}

export function beginning(seed: string): Beginning {
  const random = seededRandom(`beginning of ${seed}`);
  return {
    handshakeSecret: random(32),
    transcriptHash: random(32),
    nonce: random(24),
    ratchetSeed: random(32),
    body: random(BODY_SIZE.request),
  };
}

/** The request's size of encrypted header: what the initiator's message is cut at. */
const SEALED_REQUEST_HEADER = 1241;

/** The initiator's state and message. */
export function initiate({ handshakeSecret, transcriptHash, nonce, ratchetSeed, body }: Beginning) {
  const seed = { handshakeSecret: new Secret<'handshake'>(handshakeSecret.slice()), transcriptHash, nonce };
  return initiateSession(seed, new XWingKeyPair(ratchetSeed.slice()), body);
}

/** The responder's state and the request's body. */
export function accept({ handshakeSecret, transcriptHash, nonce }: Beginning, message: Uint8Array) {
  const seed = { handshakeSecret: new Secret<'handshake'>(handshakeSecret.slice()), transcriptHash, nonce };
  return acceptSession(seed, message.slice(0, SEALED_REQUEST_HEADER), message.slice(SEALED_REQUEST_HEADER));
}

/** Alice (who asked) and Bob right after the request was read; Bob has the first turn. */
export function openSession(seed: string): { alice: RatchetState; bob: RatchetState } {
  const begin = beginning(seed);
  const { state: alice, message } = initiate(begin);
  return { alice, bob: accept(begin, message).state };
}
