/**
 * What is stored of the life clock and of countdowns.
 *
 * Spec: docs/protocol/timers.md §3, §7 and §8.
 *
 * @module
 */

import { list, map, uint } from '@secret-chat/cbor';
import type { RecordKind } from '../vault/record-kind.ts';

/** The clock's mark. A new era begins when somebody turned the wall clock back: times of an older one mean nothing. */
export interface LifeRecord {
  readonly nowMs: number;
  readonly wallMs: number;
  readonly era: number;
}

export const LIFE: RecordKind<LifeRecord> = {
  kind: 'life',
  codec: map<LifeRecord>({ nowMs: uint(), wallMs: uint(), era: uint() }),
};

/** Entries that may end in the same millisecond: as many as one call can start, and more than one content can. */
const MAX_TOGETHER = 100_000;

/** Entries of a chat that end at a time. Position: the deadline, in ms of the life clock. */
export const DEADLINE: RecordKind<readonly number[]> = { kind: 'deadline', codec: list(uint(), 1, MAX_TOGETHER) };

/** View-once entries that are open. Position: `n`. */
export const VIEWING: RecordKind<number> = { kind: 'viewing', codec: uint() };
