/**
 * The deletion journal: what is left of a deleted account until everybody was told. It holds nothing that was said.
 *
 * Spec: docs/protocol/delivery.md §13.
 *
 * @module
 */

import { boundedBytes, bytes, map, text, uint } from '@secret-chat/cbor';
import { ADDRESS_SIZE, ENVELOPE_SIZE, MAX_ORIGIN_SIZE } from '@secret-chat/crypto';
import type { RecordKind } from '../vault/record-kind.ts';

/** The mark: from now on the account is gone, and what is left is finished at every start. */
export interface AccountDeletionRecord {
  /** Unix time in ms. */
  readonly startedAtMs: number;
}

export const ACCOUNT_DELETION: RecordKind<AccountDeletionRecord> = {
  kind: 'account-deletion',
  codec: map<AccountDeletionRecord>({ startedAtMs: uint() }),
};

/** An `end` that is still to be put. Position: the chat's number. */
export interface EndRecord {
  readonly relay: string;
  readonly address: Uint8Array;
  readonly envelope: Uint8Array;
}

export const END_RECORD: RecordKind<EndRecord> = {
  kind: 'end-record',
  codec: map<EndRecord>({
    relay: text(MAX_ORIGIN_SIZE),
    address: bytes(ADDRESS_SIZE),
    envelope: boundedBytes(ENVELOPE_SIZE.standard, ENVELOPE_SIZE.large),
  }),
};
