/**
 * What is stored of each content that the other side has not acknowledged.
 *
 * Spec: docs/protocol/delivery.md §4.
 *
 * @module
 */

import { boolean, boundedBytes, bytes, map, optional, text, uint } from '@secret-chat/cbor';
import { contentCapacity, DIGEST_SIZE, ENVELOPE_SIZE } from '@secret-chat/crypto';
import type { RecordKind } from '../vault/record-kind.ts';

const MAX_TYPE_SIZE = 32;
const MAX_TIMER = 0xffff_ffff;

/** Position: the seq. */
export interface OutboxRecord {
  /** The content's type, or that of what a `gone` replaced. */
  readonly type: string;
  /** Content hash, of what a `gone` replaced. */
  readonly hash: Uint8Array;
  /** As on the wire. */
  readonly timer: number;
  /** The entry of the history that holds the content; without one, `content` does. */
  readonly n?: number;
  readonly content?: Uint8Array;
  /** An envelope is stored and may be put. */
  readonly sealed: boolean;
  /** The relay answered ✓ once. */
  readonly put: boolean;
  /** Unix time in ms at which the relay forgets it, if it is put. */
  readonly putUntilMs?: number;
  /** Of receipts: when their ages were taken, in ms of the life clock and its era, and whether fresh ones went behind them. */
  readonly agedMs?: number;
  readonly agedEra?: number;
  readonly renewed?: boolean;
  /** How often it was sealed anew because the other side asked (content §3.4). */
  readonly resent: number;
  /** Unix time in ms at which that was asked for last. */
  readonly resentAtMs?: number;
}

export const OUTBOX: RecordKind<OutboxRecord> = {
  kind: 'outbox',
  codec: map<OutboxRecord>({
    type: text(MAX_TYPE_SIZE, 1),
    hash: bytes(DIGEST_SIZE),
    timer: uint(MAX_TIMER),
    n: optional(uint()),
    content: optional(boundedBytes(0, contentCapacity('large'))),
    sealed: boolean(),
    put: boolean(),
    putUntilMs: optional(uint()),
    agedMs: optional(uint()),
    agedEra: optional(uint()),
    renewed: optional(boolean()),
    resent: uint(),
    resentAtMs: optional(uint()),
  }),
};

/** The envelope of a sealed content, put again as it is after every doubt. Position: the seq. */
export const ENVELOPE: RecordKind<Uint8Array> = {
  kind: 'envelope',
  codec: boundedBytes(ENVELOPE_SIZE.standard, ENVELOPE_SIZE.large),
};

/** What arrived before something that is still missing. Position: the seq. */
export interface AheadRecord {
  readonly hash: Uint8Array;
  /** Until it is applied. */
  readonly held?: Uint8Array;
  readonly timer: number;
  /** It was held, and its padding was broken: it has no content. */
  readonly broken?: boolean;
}

export const AHEAD: RecordKind<AheadRecord> = {
  kind: 'ahead',
  codec: map<AheadRecord>({
    hash: bytes(DIGEST_SIZE),
    held: optional(boundedBytes(0, contentCapacity('large'))),
    timer: uint(MAX_TIMER),
    broken: optional(boolean()),
  }),
};

/** A message that was read or viewed here, and whose sender was not told. Position: its seq. */
export interface ReceiptRecord {
  readonly seq: number;
  readonly viewed: boolean;
  /** Life clock, in ms (timers §3), and its era. */
  readonly atMs: number;
  readonly era: number;
}

export const RECEIPT: RecordKind<ReceiptRecord> = {
  kind: 'receipt',
  codec: map<ReceiptRecord>({ seq: uint(), viewed: boolean(), atMs: uint(), era: uint() }),
};
