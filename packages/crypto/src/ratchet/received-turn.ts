/**
 * What is known of one turn of the other side: its chain, message keys that are still owed, and which envelopes came.
 *
 * Spec: docs/protocol/ratchet.md §6 and §7.
 *
 * @module
 */

import { concat, copyOf, u32 } from '../bytes.ts';
import { constantTimeEqual, sha256, X_WING_CIPHERTEXT_SIZE, X_WING_PUBLIC_KEY_SIZE } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';
import { advanceChain, type Chain } from './chain.ts';
import type { Header } from './header.ts';
import { MAX_SKIPPED_PER_CHAIN, SKIPPED_LIFETIME_SECONDS } from './limits.ts';

/** Bytes of a nonce that are remembered: a copy of the envelope has them, another envelope does not (1 in 2^64). */
const NONCE_TAG_SIZE = 8;
/** `n u32 ‖ nonce tag 8` */
export const SEEN_ENTRY_SIZE: number = 4 + NONCE_TAG_SIZE;
/** `X-Wing public key 1216 ‖ KEM ciphertext 1120` */
export const TURN_KEM_SIZE: number = X_WING_PUBLIC_KEY_SIZE + X_WING_CIPHERTEXT_SIZE;

/** A message key that an envelope still on its way will need. */
export interface SkippedKey {
  readonly key: Secret<'message-key'>;
  /** Unix time in seconds when it was put aside. */
  readonly since: number;
}

interface TurnRecord {
  readonly headerKey: Secret<'header-key'>;
  readonly skipped: ReadonlyMap<number, SkippedKey>;
  /** {@link SEEN_ENTRY_SIZE}-byte entries in the order of arrival, the oldest first. */
  readonly seen: Uint8Array;
}

/** The other side's newest turn. */
export interface CurrentTurn extends TurnRecord {
  /** {@link TURN_KEM_SIZE} bytes that every header of the turn repeats. */
  readonly kem: Uint8Array;
  readonly chain: Chain;
}

/** A turn that a newer one has ended: its chain key is gone. */
export interface OldTurn extends TurnRecord {
  /** SHA-256 of {@link CurrentTurn.kem}. */
  readonly kemHash: Uint8Array;
  /** How many messages it had in all. */
  readonly length: number;
}

/** What an index that was passed already stands for. */
export type Passed = 'duplicate' | 'fork' | 'unreadable' | SkippedKey;

export function turnKem(header: Header): Uint8Array {
  return concat(header.publicKey, header.kemCiphertext);
}

export function isSameTurn(turn: CurrentTurn | OldTurn, header: Header): boolean {
  const kem = turnKem(header);
  return 'kem' in turn ? constantTimeEqual(turn.kem, kem) : constantTimeEqual(turn.kemHash, sha256(kem));
}

/** The key that was kept for `n`; or whether the very same envelope, or another one, came under it (§6). */
export function lookUpPassed(turn: CurrentTurn | OldTurn, n: number, nonce: Uint8Array): Passed {
  const kept = turn.skipped.get(n);
  if (kept !== undefined) {
    return kept;
  }
  const view = new DataView(turn.seen.buffer, turn.seen.byteOffset, turn.seen.length);
  for (let offset = 0; offset < turn.seen.length; offset += SEEN_ENTRY_SIZE) {
    if (view.getUint32(offset) === n) {
      const tag = turn.seen.subarray(offset + 4, offset + SEEN_ENTRY_SIZE);
      return constantTimeEqual(tag, nonce.subarray(0, NONCE_TAG_SIZE)) ? 'duplicate' : 'fork';
    }
  }
  // Its key was given up by age, or it is too long ago to be remembered.
  return 'unreadable';
}

/** Remembers that `n` came, and drops the key that was kept for it. */
export function markSeen<T extends CurrentTurn | OldTurn>(turn: T, n: number, nonce: Uint8Array): T {
  const seen = concat(turn.seen, u32(n), nonce.subarray(0, NONCE_TAG_SIZE));
  if (!turn.skipped.has(n)) {
    return { ...turn, seen };
  }
  const skipped = new Map(turn.skipped);
  skipped.delete(n);
  return { ...turn, seen, skipped };
}

/**
 * Advances the chain up to index `until`, keeping the message keys it passes; the caller has checked the limits.
 *
 * @param now Unix time in seconds
 */
export function skipTo(turn: CurrentTurn, until: number, now: number): CurrentTurn {
  if (until <= turn.chain.index) {
    return turn;
  }
  const skipped = new Map(turn.skipped);
  let chain = turn.chain;
  while (chain.index < until) {
    const step = advanceChain(chain);
    skipped.set(chain.index, { key: step.messageKey, since: now });
    if (chain !== turn.chain) {
      chain.key.wipe();
    }
    chain = step.chain;
  }
  return { ...turn, chain, skipped };
}

/**
 * The turn once a newer one has begun: `length` messages in all, no chain key. The keys of the missing ones are kept, but
 * for those over the limit of a chain: they are given up, since a lost tail must not shut out the turns after it.
 */
export function endTurn(turn: CurrentTurn, length: number, now: number): OldTurn {
  const room = MAX_SKIPPED_PER_CHAIN - turn.skipped.size;
  const { headerKey, skipped, seen, chain } = skipTo(turn, Math.min(length, turn.chain.index + room), now);
  if (chain !== turn.chain) {
    chain.key.wipe();
  }
  return { headerKey, skipped, seen, kemHash: sha256(turn.kem), length };
}

/** Without the keys that were kept for {@link SKIPPED_LIFETIME_SECONDS}; the same object if there are none. */
export function dropExpired<T extends CurrentTurn | OldTurn>(turn: T, now: number): T {
  const fresh = new Map<number, SkippedKey>();
  for (const [n, kept] of turn.skipped) {
    if (now - kept.since < SKIPPED_LIFETIME_SECONDS) {
      fresh.set(n, kept);
    }
  }
  return fresh.size === turn.skipped.size ? turn : { ...turn, skipped: fresh };
}

/** Without the `count` keys that were skipped first, or all of them. */
export function dropFirstSkipped<T extends CurrentTurn | OldTurn>(turn: T, count: number): T {
  return count <= 0 ? turn : { ...turn, skipped: new Map([...turn.skipped].slice(count)) };
}

/** Without its `count` oldest entries of {@link TurnRecord.seen}, or all of them. */
export function forgetSeen<T extends CurrentTurn | OldTurn>(turn: T, count: number): T {
  return count <= 0 ? turn : { ...turn, seen: copyOf(turn.seen.subarray(count * SEEN_ENTRY_SIZE)) };
}

/** How many envelopes are remembered. */
export function seenCount(turn: CurrentTurn | OldTurn): number {
  return turn.seen.length / SEEN_ENTRY_SIZE;
}
