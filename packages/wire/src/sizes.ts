/**
 * Sizes of all that a relay stores and of what frames it; nothing else fits.
 *
 * Spec: docs/protocol/relay.md §2.
 *
 * @module
 */

/** An envelope has one of these sizes, in bytes. */
export const ENVELOPE_SIZES: readonly number[] = [4096, 16_384];
/** The larger of them. */
export const MAX_ENVELOPE_SIZE = 16_384;
/** A sealed card. */
export const CARD_SIZE = 4096;
/** A sealed one-time prekey pair. */
export const PREKEY_SIZE = 1364;
/** A piece of a file has one of these sizes. */
export const PIECE_SIZES: readonly number[] = [65_536, 1_048_576];

/** Addresses, card locators, invite ids, piece ids and tokens, owner keys, nonces and hashes. */
export const ID_SIZE = 32;
/** An Ed25519 signature. */
export const PROOF_SIZE = 64;

/** Prekeys in one frame, and in a card's pool. */
export const MAX_PREKEYS_PER_FRAME = 40;
export const MAX_PREKEYS_PER_CARD = 200;
/** Envelopes acknowledged in one frame. */
export const MAX_ACKS_PER_FRAME = 256;
/** Items in one frame of an export. */
export const MAX_EXPORT_ITEMS = 3;
/** A relay closes a connection that sends a larger frame: the largest is `putCard` with 40 prekeys. */
export const MAX_FRAME_SIZE = 65_536;

/** Life of an envelope or a piece, in hours: 1 hour to 30 days. */
export const MIN_TTL_HOURS = 1;
export const MAX_TTL_HOURS: number = 30 * 24;
export const DEFAULT_TTL_HOURS: number = 7 * 24;

/** How long a mailbox or a card may be unused, in weeks: 1 week to 24 months. */
export const MIN_IDLE_WEEKS = 1;
export const MAX_IDLE_WEEKS = 104;
/** 6 months. */
export const DEFAULT_IDLE_WEEKS = 26;

/** Request ids travel as u32 and only grow; a connection that used the last one is opened anew. */
export const MAX_REQUEST_ID = 0xffff_ffff;

/** Longest access token, in bytes of UTF-8. */
export const MAX_TOKEN_SIZE = 256;
