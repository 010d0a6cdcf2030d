import { decryptMessage, deserializeState, type RatchetState, XWingKeyPair } from '../../src/index.ts';
import { openHeader } from '../../src/ratchet/header.ts';
import { splitEnvelope } from '../../src/ratchet/message.ts';
import { NOW, textOf } from '../support/chat.ts';

/** What an eavesdropper makes of an envelope; `header`: which message of which turn it is, but not what it says. */
export type Reading = 'body' | 'header' | 'nothing';

/**
 * Someone who copied the whole store of one side at one moment, and sees every envelope after it. Uses what a thief
 * would: the store as the side itself, to read what it is sent; and its sending keys, to read what it sends.
 */
export class Eavesdropper {
  #incoming: RatchetState;
  #outgoing: RatchetState;

  constructor(store: Uint8Array) {
    this.#incoming = deserializeState(store);
    this.#outgoing = mirrored(deserializeState(store));
  }

  /** An envelope for the side whose store was stolen. */
  readIncoming(envelope: Uint8Array): Reading {
    const result = decryptMessage(this.#incoming, envelope, NOW);
    if (result.outcome !== 'new') {
      return opensHeader(this.#incoming, envelope) ? 'header' : 'nothing';
    }
    this.#incoming = result.state;
    // The turn's secret was learned: so were the keys that go on from it.
    this.#outgoing = { ...this.#outgoing, rootKey: result.state.rootKey };
    return 'body';
  }

  /** The other side's newest X-Wing key as well, 32 bytes: what the thief of one store lacks. */
  learnPeerKey(seed: Uint8Array): void {
    this.#outgoing = { ...this.#outgoing, ownKey: new XWingKeyPair(seed.slice()) };
  }

  /** An envelope from the side whose store was stolen. */
  readOutgoing(envelope: Uint8Array): Reading {
    const result = decryptMessage(this.#outgoing, envelope, NOW);
    if (result.outcome !== 'new') {
      return opensHeader(this.#outgoing, envelope) ? 'header' : 'nothing';
    }
    this.#outgoing = result.state;
    return 'body';
  }
}

/** What `envelope` says to who has `state`, and only that. */
export function peek(store: Uint8Array, envelope: Uint8Array): string {
  const result = decryptMessage(deserializeState(store), envelope, NOW);
  return result.outcome === 'new' ? textOf(result.body) : result.outcome;
}

/** The other side's view, as far as the stolen keys give it: all but the key that the next turn is encapsulated to. */
function mirrored(state: RatchetState): RatchetState {
  const { sending, nextSendingHeaderKey, nextReceivingHeaderKey } = state;
  return {
    ...state,
    sending: undefined,
    peerKey: undefined,
    ownKey: new XWingKeyPair(new Uint8Array(32).fill(0x5a)),
    nextReceivingHeaderKey: nextSendingHeaderKey,
    nextSendingHeaderKey: nextReceivingHeaderKey,
    oldTurns: [],
    receiving: sending && {
      headerKey: sending.headerKey,
      kem: new Uint8Array([...sending.publicKey, ...sending.kemCiphertext]),
      chain: sending.chain,
      skipped: new Map(),
      seen: new Uint8Array(0),
    },
  };
}

function opensHeader(state: RatchetState, envelope: Uint8Array): boolean {
  const { nonce, sizeClass, sealedHeader } = splitEnvelope(envelope);
  const keys = [state.receiving?.headerKey, state.nextReceivingHeaderKey, ...state.oldTurns.map((t) => t.headerKey)];
  return keys.some((key) => key && openHeader(key, nonce, state.transcriptHash, sizeClass, sealedHeader));
}
