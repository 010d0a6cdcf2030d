/**
 * Which entry of the history stands for seqs that are missing.
 *
 * @module
 */

import { map, uint } from '@secret-chat/cbor';
import type { RecordKind } from '../vault/record-kind.ts';

/** Position: the first missing seq. */
export interface GapRecord {
  readonly n: number;
  readonly count: number;
}

export const GAP: RecordKind<GapRecord> = {
  kind: 'gap',
  codec: map<GapRecord>({ n: uint(), count: uint() }),
};
