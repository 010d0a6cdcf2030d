/**
 * What is stored of each entry of a history. What was said lies apart, as an item under a key of its own.
 *
 * Spec: docs/protocol/delivery.md §3, docs/protocol/vault.md §8.
 *
 * @module
 */

import { boundedBytes, bytes, list, map, named, optional, tuple, uint } from '@secret-chat/cbor';
import { COUNTDOWN_SIZE, contentCapacity, DIGEST_SIZE } from '@secret-chat/crypto';
import type { RecordKind } from '../vault/record-kind.ts';

/** Late entries that one place can name: no more can be missing at once (delivery §4.1). */
const MAX_LATE = 1000;
const MAX_TIMER = 0xffff_ffff;

/** Position: `n`. */
export interface MessageRecord {
  readonly from: 'me' | 'them';
  readonly kind: 'text' | 'file' | 'timer' | 'missing' | 'unreadable' | 'newer' | 'lost' | 'screenshot';
  readonly state: 'queued' | 'sent' | 'received' | 'read';
  /** The sender's seq; of `missing`, the first one. */
  readonly seq: number;
  /** Unix time in ms, of this device. */
  readonly at: number;
  /** The message's own timer, as on the wire. */
  readonly timer: number;
  readonly replyTo?: number;
  /** A late one: `n` of the entry that stood for it. */
  readonly place?: number;
  /** Of `missing`: how many seqs, and what came late. */
  readonly count?: number;
  readonly late?: readonly { readonly seq: number; readonly n: number }[];
  /** Of one that destroys itself (timers §7). */
  readonly countdown?: Uint8Array;
  /** Of one's own with a timer: when it was first put, in ms of the life clock, and in which era (timers §5). */
  readonly putMs?: number;
  readonly putEra?: number;
}

export const MESSAGE: RecordKind<MessageRecord> = {
  kind: 'message',
  codec: map<MessageRecord>({
    from: named({ me: 0, them: 1 }),
    kind: named({ text: 0, file: 1, timer: 2, missing: 3, unreadable: 4, newer: 5, lost: 6, screenshot: 7 }),
    state: named({ queued: 0, sent: 1, received: 2, read: 3 }),
    seq: uint(),
    at: uint(),
    timer: uint(MAX_TIMER),
    replyTo: optional(uint()),
    place: optional(uint()),
    count: optional(uint()),
    late: optional(list(tuple<{ readonly seq: number; readonly n: number }>({ seq: uint(), n: uint() }), 0, MAX_LATE)),
    countdown: optional(bytes(COUNTDOWN_SIZE)),
    putMs: optional(uint()),
    putEra: optional(uint()),
  }),
};

/** What was said: the content as it travels, so that it can be sealed again. Position: `n`. */
export const CONTENT: RecordKind<Uint8Array> = { kind: 'content', codec: boundedBytes(0, contentCapacity('large')) };

/** Finds the entry of a seq. Position: the seq. */
export interface MessageIndex {
  readonly n: number;
  /** Content hash (content §5.1): another content under the same seq comes from an old copy of a store. */
  readonly hash: Uint8Array;
}

const index = map<MessageIndex>({ n: uint(), hash: bytes(DIGEST_SIZE) });
export const MINE: RecordKind<MessageIndex> = { kind: 'mine', codec: index };
export const THEIRS: RecordKind<MessageIndex> = { kind: 'theirs', codec: index };
