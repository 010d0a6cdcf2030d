/**
 * The ratchet's limits, each with its reason.
 *
 * Spec: docs/protocol/ratchet.md §7.
 *
 * @module
 */

/** Message keys kept for envelopes that are late, per chain: as many as a turn may have, so no honest gap reaches it. */
export const MAX_SKIPPED_PER_CHAIN = 1000;

/**
 * Messages that this side sends in one turn. Whatever acknowledges one of them begins a turn of the other side and ends this
 * one, so more can only be meant for someone who is not there; and whichever of so few arrives first can be read, however
 * many before it were lost. The delivery window is half of it.
 */
export const MAX_TURN_LENGTH = 1000;

/** Skipped keys over all chains of a chat, the oldest given up first: bounds the serialised state. */
export const MAX_SKIPPED = 2000;

/** A message key that was not needed for so long is wiped: an envelope lives 30 days at most on a relay. */
export const SKIPPED_LIFETIME_SECONDS: number = 30 * 24 * 60 * 60;

/** Turns of the other side after which what was skipped in an older one is given up. */
export const MAX_OLD_TURNS = 5;

/** Received envelopes that are remembered, to tell a duplicate from a fork: two delivery windows. */
export const MAX_SEEN = 1000;

/** A chain ends before this index: `n` travels as u32 and must not wrap. */
export const MAX_CHAIN_INDEX = 0xffff_ffff;

/** Stated worst case of a serialised state, reached with 2000 skipped keys and 1000 remembered envelopes. */
export const MAX_STATE_SIZE: number = 96 * 1024;
