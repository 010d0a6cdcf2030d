/**
 * Receiving: one envelope in, a body and the state after it out, or the reason why not.
 *
 * Spec: docs/protocol/ratchet.md §6.
 *
 * @module
 */

import { copyOf, u32 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { requireXWingPublicKey, type XWingKeyPair } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import { advanceChain } from './chain.ts';
import { type Header, openHeader } from './header.ts';
import { MAX_OLD_TURNS, MAX_SEEN, MAX_SKIPPED, MAX_SKIPPED_PER_CHAIN } from './limits.ts';
import { type EnvelopeParts, openBody, splitEnvelope } from './message.ts';
import {
  type CurrentTurn,
  dropExpired,
  dropFirstSkipped,
  endTurn,
  forgetSeen,
  isSameTurn,
  lookUpPassed,
  markSeen,
  type OldTurn,
  seenCount,
  skipTo,
  turnKem,
} from './received-turn.ts';
import { stepRoot } from './root.ts';
import { type RatchetState, retire } from './state.ts';

/**
 * What became of an envelope.
 *
 * - `new`: it decrypts; commit `state` with what the body causes, then {@link retire} the old state.
 * - `duplicate`: this very envelope was decrypted before.
 * - `fork`: it was sent from a copy of a store: the other side's, or this one's own.
 * - `unreadable`: no key opens it, or it was changed on the way.
 */
export type Decrypted =
  | { readonly outcome: 'new'; readonly state: RatchetState; readonly body: Uint8Array }
  | { readonly outcome: 'duplicate' | 'fork' | 'unreadable' };

/** A state that holds only if the body opens under the message key, which belongs to the candidate alone. */
interface Candidate {
  readonly outcome: 'candidate';
  readonly state: RatchetState;
  readonly messageKey: Secret<'message-key'>;
}

type Attempt = Candidate | { readonly outcome: 'duplicate' | 'fork' | 'unreadable' };

const FORK = { outcome: 'fork' } as const;
const UNREADABLE = { outcome: 'unreadable' } as const;

/**
 * Decrypts one envelope (4096 or 16,384 bytes) on a copy of the state; `state` is as before, whatever happens.
 *
 * @param now Unix time in whole seconds, for the age of skipped keys
 * @throws {@link CryptoError} `MALFORMED` for another size; `SKIP_LIMIT` when too many messages are missing;
 * `INVALID_ARGUMENT` for a time that is none
 */
export function decryptMessage(state: RatchetState, envelope: Uint8Array, now: number): Decrypted {
  const parts = splitEnvelope(envelope);
  const attempt = locate(dropExpiredKeys(state, now), parts, now);
  if (attempt.outcome !== 'candidate') {
    return attempt;
  }
  const body = openBody(attempt.messageKey, state.transcriptHash, parts);
  attempt.messageKey.wipe();
  if (body === undefined) {
    retire(attempt.state, state);
    return UNREADABLE;
  }
  return { outcome: 'new', state: attempt.state, body };
}

/**
 * Without skipped keys that are too old (§7); the same object if there are none.
 *
 * @param now Unix time in whole seconds
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a time that is none
 */
export function dropExpiredKeys(state: RatchetState, now: number): RatchetState {
  // Times are stored as u32.
  u32(now);
  const receiving = state.receiving && dropExpired(state.receiving, now);
  const oldTurns = state.oldTurns.map((turn) => dropExpired(turn, now));
  const unchanged = receiving === state.receiving && oldTurns.every((turn, i) => turn === state.oldTurns[i]);
  return unchanged ? state : { ...state, receiving, oldTurns };
}

/** §6.1: header keys are tried in the order current, next, old. */
function locate(state: RatchetState, parts: EnvelopeParts, now: number): Attempt {
  const open = (key: Secret<'header-key'>) =>
    openHeader(key, parts.nonce, state.transcriptHash, parts.sizeClass, parts.sealedHeader);

  const current = state.receiving && open(state.receiving.headerKey);
  if (state.receiving !== undefined && current !== undefined) {
    return inCurrentTurn(state, state.receiving, current, parts.nonce, now);
  }
  const next = open(state.nextReceivingHeaderKey);
  if (next !== undefined) {
    return inNextTurn(state, next, parts.nonce, now);
  }
  for (const turn of state.oldTurns) {
    const header = open(turn.headerKey);
    if (header !== undefined) {
      return inOldTurn(state, turn, header, parts.nonce);
    }
  }
  return UNREADABLE;
}

/** §6.2 */
function inCurrentTurn(
  state: RatchetState,
  turn: CurrentTurn,
  header: Header,
  nonce: Uint8Array,
  now: number,
): Attempt {
  if (!isSameTurn(turn, header)) {
    return FORK;
  }
  if (header.n < turn.chain.index) {
    return atPassedIndex(turn, header.n, nonce, (receiving) => ({ ...state, receiving }));
  }
  requireRoom(turn.skipped.size + header.n - turn.chain.index);
  return readNext(state, skipTo(turn, header.n, now), nonce);
}

/** §6.3: the other side began a new turn. */
function inNextTurn(state: RatchetState, header: Header, nonce: Uint8Array, now: number): Attempt {
  // It answers a turn that this store never sent: a copy of this store did.
  if (state.ownKey === undefined) {
    return FORK;
  }
  const ended = state.receiving;
  // It says that its previous turn was shorter than what came of it: a copy of its store sent the rest.
  if (ended !== undefined && header.pn < ended.chain.index) {
    return FORK;
  }
  requireRoom(header.n);
  const shared = decapsulate(state.ownKey, header);
  if (shared === undefined) {
    return UNREADABLE;
  }
  // RK', CK, NHK = KDF_RK(RK, ss)
  const { rootKey, chainKey, nextHeaderKey } = stepRoot(state.rootKey, shared);
  const begun: CurrentTurn = {
    headerKey: state.nextReceivingHeaderKey,
    kem: turnKem(header),
    chain: { key: chainKey, index: 0 },
    skipped: new Map(),
    seen: new Uint8Array(0),
  };
  const after: RatchetState = {
    ...state,
    rootKey,
    // §3: the old sending chain ends here, and the key that this turn was encapsulated to is spent.
    sending: undefined,
    previousLength: state.sending?.chain.index ?? state.previousLength,
    peerKey: copyOf(header.publicKey),
    ownKey: undefined,
    nextReceivingHeaderKey: nextHeaderKey,
    oldTurns: (ended === undefined ? [] : [endTurn(ended, header.pn, now)])
      .concat(state.oldTurns)
      .slice(0, MAX_OLD_TURNS),
  };
  const attempt = readNext(after, skipTo(begun, header.n, now), nonce);
  chainKey.wipe();
  return attempt;
}

/** §6.4 */
function inOldTurn(state: RatchetState, turn: OldTurn, header: Header, nonce: Uint8Array): Attempt {
  if (!isSameTurn(turn, header) || header.n >= turn.length) {
    return FORK;
  }
  return atPassedIndex(turn, header.n, nonce, (marked) => ({
    ...state,
    oldTurns: state.oldTurns.map((each) => (each === turn ? marked : each)),
  }));
}

/** §6.5: an index that the chain has passed. */
function atPassedIndex<T extends CurrentTurn | OldTurn>(
  turn: T,
  n: number,
  nonce: Uint8Array,
  withTurn: (turn: T) => RatchetState,
): Attempt {
  const passed = lookUpPassed(turn, n, nonce);
  if (typeof passed === 'string') {
    return { outcome: passed };
  }
  // The key itself still belongs to the state before.
  return candidate(withTurn(markSeen(turn, n, nonce)), passed.key.clone());
}

/** The message at the chain's own index. */
function readNext(state: RatchetState, turn: CurrentTurn, nonce: Uint8Array): Attempt {
  const { messageKey, chain } = advanceChain(turn.chain);
  if (turn.chain !== state.receiving?.chain) {
    turn.chain.key.wipe();
  }
  return candidate({ ...state, receiving: markSeen({ ...turn, chain }, turn.chain.index, nonce) }, messageKey);
}

function candidate(state: RatchetState, messageKey: Secret<'message-key'>): Candidate {
  return { outcome: 'candidate', state: forgetOldest(state), messageKey };
}

/** `undefined` for a key or a ciphertext that X-Wing refuses: only a broken peer sends one, and it must not be kept. */
function decapsulate(ownKey: XWingKeyPair, header: Header): Secret<'x-wing-shared'> | undefined {
  try {
    requireXWingPublicKey(header.publicKey);
    return ownKey.decapsulate(header.kemCiphertext);
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'INVALID_KEY') {
      return undefined;
    }
    throw error;
  }
}

/**
 * §7: a gap within one turn, checked before any key is derived.
 *
 * @throws {@link CryptoError} `SKIP_LIMIT`
 */
function requireRoom(skipped: number): void {
  if (skipped > MAX_SKIPPED_PER_CHAIN) {
    throw new CryptoError('SKIP_LIMIT', `more than ${MAX_SKIPPED_PER_CHAIN} messages of one turn are missing`);
  }
}

/** §7: over the limits of a chat, the oldest turns give up first. */
function forgetOldest(state: RatchetState): RatchetState {
  let keys = allTurns(state).reduce((sum, { skipped }) => sum + skipped.size, -MAX_SKIPPED);
  let seen = allTurns(state).reduce((sum, turn) => sum + seenCount(turn), -MAX_SEEN);
  if (keys <= 0 && seen <= 0) {
    return state;
  }
  const forget = <T extends CurrentTurn | OldTurn>(turn: T): T => {
    const kept = forgetSeen(dropFirstSkipped(turn, keys), seen);
    keys -= turn.skipped.size - kept.skipped.size;
    seen -= seenCount(turn) - seenCount(kept);
    return kept;
  };
  const oldTurns = state.oldTurns.toReversed().map(forget).toReversed();
  return { ...state, oldTurns, receiving: state.receiving && forget(state.receiving) };
}

function allTurns(state: RatchetState): readonly (CurrentTurn | OldTurn)[] {
  return state.receiving === undefined ? state.oldTurns : [state.receiving, ...state.oldTurns];
}
