/**
 * What is stored of a chat besides its messages: who, how far, and where to.
 *
 * Spec: docs/protocol/delivery.md §3.
 *
 * @module
 */

import { boolean, boundedBytes, bytes, map, named, optional, text, uint } from '@secret-chat/cbor';
import { ADDRESS_SIZE, DIGEST_SIZE, IDENTITY_KEY_SIZE, MAX_ORIGIN_SIZE, MAX_STATE_SIZE } from '@secret-chat/crypto';
import { MAILBOX_SIZE } from '../link/mailbox.ts';
import type { RecordKind } from '../vault/record-kind.ts';

/** Longest local name, in bytes of UTF-8. */
export const MAX_LOCAL_NAME_SIZE = 255;
const MAX_TIMER = 0xffff_ffff;
const HASH_SIZE = 32;

/** Immutable: each change makes a new one, which replaces the old one once it is committed. */
export interface ChatRecord {
  readonly role: 'initiator' | 'responder';
  readonly state: 'requested' | 'waiting' | 'open' | 'ended' | 'stale';
  /** The other side's `IK`. */
  readonly theirKey: Uint8Array;
  readonly theirName: string;
  readonly localName?: string;
  readonly transcriptHash: Uint8Array;
  /** Invite id of the invite that began the chat. */
  readonly inviteId: Uint8Array;
  /** Responder: which of its own invites that was. */
  readonly invite?: number;
  /** SHA-256 of the fingerprint that was compared. */
  readonly verified?: Uint8Array;
  /** Waiting: Unix time in ms after which nobody can accept. */
  readonly expiresAtMs?: number;
  /** Waiting: reads the card, to learn whether the invite is still there. */
  readonly cardLocator?: Uint8Array;
  readonly cardRelay?: string;

  /** This side's mailbox for the chat, and the relay it is on. A request that was not accepted has none. */
  readonly mailbox?: Uint8Array;
  readonly mailboxRelay?: string;
  /** When it moves (delivery §11): Unix time in ms, and after how many more envelopes. */
  readonly moveAtMs?: number;
  readonly moveAfter?: number;
  /** The mailbox that it moves to, until that is open at its relay. */
  readonly nextMailbox?: Uint8Array;
  readonly nextRelay?: string;
  /** The one that it moved from, until the other side knows, and the seq of the `address` that tells them. */
  readonly oldMailbox?: Uint8Array;
  readonly oldRelay?: string;
  readonly addressSeq?: number;
  /** Where to put; for the initiator that waits, the invite's inbox. */
  readonly routeRelay: string;
  readonly routeAddress: Uint8Array;

  /** Number of the next entry of the history. */
  readonly nextN: number;
  readonly unread: number;
  /** Seq of this side's next content. */
  readonly nextSeq: number;
  /** Highest seq of this side that was ever sealed. */
  readonly sealedSeq: number;
  /** All of this side's contents up to here are committed on the other side. */
  readonly covered: number;
  /** Running digest of this side's contents 1 to `covered`. */
  readonly coveredDigest: Uint8Array;
  /** All of the other side's contents up to here are committed here. */
  readonly got: number;
  /** Running digest of theirs 1 to `got`. */
  readonly gotDigest: Uint8Array;
  /** Theirs up to here are in the history, with gaps; 0 or more than `got` only while something is missing. */
  readonly surfaced: number;
  /** The highest `ack` that was sealed. */
  readonly told: number;

  /** The chat's timer, as on the wire (timers §1), and the own seq that set it last; 0 if theirs did. */
  readonly timer: number;
  readonly timerSeq: number;

  /** Entries up to these seqs, and up to this number, are cleared; with `clearing` they are still being destroyed. */
  readonly clearing?: boolean;
  readonly clearedMine?: number;
  readonly clearedTheirs?: number;
  readonly clearedEntries?: number;
  /** Seqs of theirs that were deleted before they came. */
  readonly tombstones?: number;

  /** Own messages with a timer whose receipt has not come, and how often the mailbox is asked for it, in ms. */
  readonly timedWaiting?: number;
  readonly askEveryMs?: number;

  readonly staleReason?: 'fork' | 'ackFromFuture' | 'digest' | 'displaced';
  /** Unix time in ms at which the chat ended; what is left of it goes some time later. */
  readonly endedAtMs?: number;
  /** Seq of this side's `end`. */
  readonly endSeq?: number;
  /** The other side ended it, so that nobody waits for its acknowledgement. */
  readonly endedByThem?: boolean;
}

const origin = text(MAX_ORIGIN_SIZE);

export const CHAT: RecordKind<ChatRecord> = {
  kind: 'chat',
  codec: map<ChatRecord>({
    role: named({ initiator: 0, responder: 1 }),
    state: named({ requested: 0, waiting: 1, open: 2, ended: 3, stale: 4 }),
    theirKey: bytes(IDENTITY_KEY_SIZE),
    theirName: text(63, 1),
    localName: optional(text(MAX_LOCAL_NAME_SIZE, 1)),
    transcriptHash: bytes(HASH_SIZE),
    inviteId: bytes(HASH_SIZE),
    invite: optional(uint()),
    verified: optional(bytes(HASH_SIZE)),
    expiresAtMs: optional(uint()),
    cardLocator: optional(bytes(HASH_SIZE)),
    cardRelay: optional(origin),
    mailbox: optional(bytes(MAILBOX_SIZE)),
    mailboxRelay: optional(origin),
    moveAtMs: optional(uint()),
    moveAfter: optional(uint()),
    nextMailbox: optional(bytes(MAILBOX_SIZE)),
    nextRelay: optional(origin),
    oldMailbox: optional(bytes(MAILBOX_SIZE)),
    oldRelay: optional(origin),
    addressSeq: optional(uint()),
    routeRelay: origin,
    routeAddress: bytes(ADDRESS_SIZE),
    nextN: uint(),
    unread: uint(),
    nextSeq: uint(),
    sealedSeq: uint(),
    covered: uint(),
    coveredDigest: bytes(DIGEST_SIZE),
    got: uint(),
    gotDigest: bytes(DIGEST_SIZE),
    surfaced: uint(),
    told: uint(),
    timer: uint(MAX_TIMER),
    timerSeq: uint(),
    clearing: optional(boolean()),
    clearedMine: optional(uint()),
    clearedTheirs: optional(uint()),
    clearedEntries: optional(uint()),
    tombstones: optional(uint()),
    timedWaiting: optional(uint()),
    askEveryMs: optional(uint()),
    staleReason: optional(named({ fork: 0, ackFromFuture: 1, digest: 2, displaced: 3 })),
    endedAtMs: optional(uint()),
    endSeq: optional(uint()),
    endedByThem: optional(boolean()),
  }),
};

/** The ratchet's state, serialised (ratchet §8). */
export const RATCHET: RecordKind<Uint8Array> = { kind: 'ratchet', codec: boundedBytes(1, MAX_STATE_SIZE) };
