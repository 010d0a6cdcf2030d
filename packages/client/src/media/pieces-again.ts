/**
 * How much of a file is put again because the other side says that the relay does not have it.
 *
 * They know the file's key, and so can delete what they ask for: whether the relay still has a piece says nothing about whether
 * they are honest, only numbers do.
 *
 * Spec: docs/protocol/files.md §10.3.
 *
 * @module
 */

import type { TransferRecord } from './transfer-record.ts';

/** As often as an honest receiver asks by itself, each time for all of it. */
const TIMES = 3;
/** As long as a relay keeps what was put: an honest receiver that comes back after it asks anew. */
const PERIOD_MS = 604_800_000;

/** What the record keeps of it. */
export type PutAgain = Required<Pick<TransferRecord, 'again' | 'againSinceMs'>>;

/** Pieces that were put again in the period that `nowMs` is in. A time in the future is of a clock that was set back since. */
export function putAgain({ again = 0, againSinceMs }: TransferRecord, nowMs: number): PutAgain {
  const goesOn = againSinceMs !== undefined && againSinceMs <= nowMs && nowMs - againSinceMs < PERIOD_MS;
  return goesOn ? { again, againSinceMs } : { again: 0, againSinceMs: nowMs };
}

/** How many more of a file of `count` pieces may be. */
export function mayPutAgain(count: number, { again }: PutAgain): number {
  return Math.max(0, TIMES * count - again);
}
