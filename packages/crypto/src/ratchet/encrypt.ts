/**
 * Sending: one body in, one envelope and the state after it out.
 *
 * Spec: docs/protocol/ratchet.md §3 and §5.
 *
 * @module
 */

import { concat } from '../bytes.ts';
import { BODY_SIZE } from '../envelope/size.ts';
import { CryptoError } from '../errors.ts';
import {
  type RandomSource,
  requireSize,
  requireXWingPublicKey,
  X_WING_ENTROPY_SIZE,
  X_WING_SEED_SIZE,
  XCHACHA_NONCE_SIZE,
  XWingKeyPair,
  xWingEncapsulate,
} from '../primitives/index.ts';
import { advanceChain } from './chain.ts';
import { sealHeader } from './header.ts';
import { MAX_TURN_LENGTH } from './limits.ts';
import { sealBody } from './message.ts';
import { stepRoot } from './root.ts';
import { type RatchetState, retire, type SendingTurn } from './state.ts';

/** An envelope and the state to commit with it. */
export interface Encrypted {
  /** 4096 or 16,384 bytes. */
  readonly envelope: Uint8Array;
  readonly state: RatchetState;
}

/**
 * Encrypts one padded body (1695 bytes for `standard`, 13,983 for `large`), beginning a turn if none is open.
 *
 * Pure: `state` is as before, so that a commit that failed can be tried again. Commit {@link Encrypted.state} and the
 * envelope together, then {@link retire} the old state.
 *
 * @throws {@link CryptoError} `TURN_NOT_OPEN` before the other side's first turn arrived; `CHAIN_EXHAUSTED` after 1000
 * messages of one turn;
 * `INVALID_KEY` when the other side's key is bad; `INVALID_ARGUMENT` for a body of a wrong size
 */
export function encryptMessage(
  state: RatchetState,
  sizeClass: 'standard' | 'large',
  body: Uint8Array,
  random: RandomSource,
): Encrypted {
  requireSize(body, BODY_SIZE[sizeClass], 'body');
  const open = state.sending === undefined ? beginTurn(state, random) : goOn(state as OpenState);
  try {
    return sealNext(open, sizeClass, body, random(XCHACHA_NONCE_SIZE));
  } catch (error) {
    retire(open, state);
    throw error;
  } finally {
    if (open !== state) {
      open.sending.chain.key.wipe();
    }
  }
}

type OpenState = RatchetState & { readonly sending: SendingTurn };

function sealNext(open: OpenState, sizeClass: 'standard' | 'large', body: Uint8Array, nonce: Uint8Array): Encrypted {
  const { sending, transcriptHash } = open;
  const { messageKey, chain } = advanceChain(sending.chain);
  const header = {
    pn: sending.pn,
    n: sending.chain.index,
    publicKey: sending.publicKey,
    kemCiphertext: sending.kemCiphertext,
  };
  const sealedHeader = sealHeader(sending.headerKey, nonce, transcriptHash, sizeClass, header);
  const sealedBody = sealBody(messageKey, nonce, transcriptHash, sealedHeader, body);
  return {
    envelope: concat(nonce, sealedHeader, sealedBody),
    state: { ...open, sending: { ...sending, chain } },
  };
}

/** §7: a turn that is too long could not be read any more if all of its beginning were lost. */
function goOn(state: OpenState): OpenState {
  if (state.sending.chain.index >= MAX_TURN_LENGTH) {
    throw new CryptoError('CHAIN_EXHAUSTED', "this turn is full; only the other side's next turn lets a new one begin");
  }
  return state;
}

/** §3: a fresh key pair, and an encapsulation to the other side's newest key. */
function beginTurn(state: RatchetState, random: RandomSource): OpenState {
  if (state.peerKey === undefined) {
    throw new CryptoError('TURN_NOT_OPEN', "nothing can be sent before the other side's first turn arrived");
  }
  requireXWingPublicKey(state.peerKey);
  const ownKey = new XWingKeyPair(random(X_WING_SEED_SIZE));
  try {
    // (ct, ss) = XWing.Encaps(peer key)
    const { ciphertext, sharedSecret } = xWingEncapsulate(state.peerKey, random(X_WING_ENTROPY_SIZE));
    // RK', CK, NHK = KDF_RK(RK, ss)
    const { rootKey, chainKey, nextHeaderKey } = stepRoot(state.rootKey, sharedSecret);
    return {
      ...state,
      rootKey,
      sending: {
        headerKey: state.nextSendingHeaderKey,
        chain: { key: chainKey, index: 0 },
        pn: state.previousLength,
        publicKey: ownKey.publicKey,
        kemCiphertext: ciphertext,
      },
      nextSendingHeaderKey: nextHeaderKey,
      peerKey: undefined,
      ownKey,
    };
  } catch (error) {
    ownKey.wipe();
    throw error;
  }
}
