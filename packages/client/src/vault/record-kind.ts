/**
 * Kinds of records: a name and the schema of what is in them.
 *
 * @module
 */

import type { Codec } from '@secret-chat/cbor';

/** Records of one kind hold values of one type, as CBOR. */
export interface RecordKind<T> {
  /** Goes into names and seals (docs/protocol/vault.md §6 and §7). */
  readonly kind: string;
  readonly codec: Codec<T>;
}

/** A record's value and its position in its kind and scope. */
export interface Positioned<T> {
  readonly position: number;
  readonly value: T;
}

/** Positions of a page, both ends included. */
export interface Page {
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly reverse?: boolean;
}
