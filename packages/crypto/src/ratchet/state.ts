/**
 * The ratchet's state: immutable, one value before and one after each message.
 *
 * States share the secrets that did not change, so none is wiped by the steps themselves: the caller that has
 * committed the new state {@link retire}s the old one.
 *
 * Spec: docs/protocol/ratchet.md §1.
 *
 * @module
 */

import type { XWingKeyPair } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import type { Chain } from './chain.ts';
import type { CurrentTurn, OldTurn } from './received-turn.ts';

/** The turn that this side is sending. */
export interface SendingTurn {
  readonly headerKey: Secret<'header-key'>;
  readonly chain: Chain;
  /** How many messages this side's previous turn had. */
  readonly pn: number;
  /** X-Wing public key (1216 bytes) and encapsulation (1120 bytes) that each envelope of the turn repeats. */
  readonly publicKey: Uint8Array;
  readonly kemCiphertext: Uint8Array;
}

/** Everything that one side of a chat keeps for encrypting and decrypting. To be passed on and stored, not looked into. */
export interface RatchetState {
  /** Bound into every associated data, 32 bytes. */
  readonly transcriptHash: Uint8Array;
  readonly rootKey: Secret<'root-key'>;

  /** The open sending turn; if there is none, the next envelope begins one. */
  readonly sending: SendingTurn | undefined;
  /** How many messages the last closed sending turn had. */
  readonly previousLength: number;
  /** Header key of this side's next turn. */
  readonly nextSendingHeaderKey: Secret<'header-key'>;
  /** The other side's newest X-Wing key, as long as nothing was encapsulated to it: permission to begin a turn. */
  readonly peerKey: Uint8Array | undefined;
  /** This side's newest X-Wing key, as long as the other side's next turn, which needs it, has not come. */
  readonly ownKey: XWingKeyPair | undefined;

  readonly receiving: CurrentTurn | undefined;
  /** Header key of the other side's next turn. */
  readonly nextReceivingHeaderKey: Secret<'header-key'>;
  /** Ended turns of the other side, the newest first, at most {@link MAX_OLD_TURNS}. */
  readonly oldTurns: readonly OldTurn[];
}

interface Wipeable {
  wipe(): void;
}

/** Wipes what `old` holds and `current` does not; call it once `current` is committed. */
export function retire(old: RatchetState, current: RatchetState): void {
  const kept = new Set(secretsOf(current));
  for (const secret of secretsOf(old)) {
    if (!kept.has(secret)) {
      secret.wipe();
    }
  }
}

/** Wipes all secrets of a state: the end of a session. */
export function wipeState(state: RatchetState): void {
  for (const secret of secretsOf(state)) {
    secret.wipe();
  }
}

function* secretsOf(state: RatchetState): Generator<Wipeable> {
  yield state.rootKey;
  yield state.nextSendingHeaderKey;
  yield state.nextReceivingHeaderKey;
  if (state.sending !== undefined) {
    yield state.sending.headerKey;
    yield state.sending.chain.key;
  }
  if (state.ownKey !== undefined) {
    yield state.ownKey;
  }
  if (state.receiving !== undefined) {
    yield state.receiving.chain.key;
    yield* turnSecrets(state.receiving);
  }
  for (const turn of state.oldTurns) {
    yield* turnSecrets(turn);
  }
}

function* turnSecrets(turn: CurrentTurn | OldTurn): Generator<Wipeable> {
  yield turn.headerKey;
  for (const { key } of turn.skipped.values()) {
    yield key;
  }
}
