/**
 * What is stored of a file besides its message: where its ciphertext is on this device, and which pieces are done.
 *
 * Spec: docs/decisions/0006-file-transfer.md.
 *
 * @module
 */

import { boolean, boundedBytes, bytes, list, map, named, optional, text, tuple, uint } from '@secret-chat/cbor';
import { MAX_ORIGIN_SIZE } from '@secret-chat/crypto';
import { ID_SIZE } from '@secret-chat/wire';
import type { RecordKind } from '../vault/record-kind.ts';
import { BLOB_NAME_SIZE } from './blob-store.ts';
import type { FileState } from './file.ts';

/** A bit for each of the 67,584 pieces that the largest file has (files §4.4). */
const MAX_SET_SIZE = 8_448;
/** Pieces that one errand names: those of 64 MiB. */
export const ERRAND_PIECES = 64;

/** Position: `n` of the message. Key, size and relay of the file are in the message's content. */
export interface TransferRecord {
  readonly direction: 'up' | 'down';
  readonly state: FileState;
  /** Name of the blob; without one nothing of the file is on this device. */
  readonly blob?: Uint8Array;
  /** Pieces that are on the relay (`up`) or in the blob (`down`), as {@link PieceSet.toBytes}. */
  readonly done: Uint8Array;
  /** `up`: Unix time in seconds until which the relay keeps every piece that was put so far. */
  readonly expiresAt: number;
  /** `down`: how often the sender was asked for pieces since the last one arrived. */
  readonly asked: number;
  /** `up`: the message has its seq, and only pieces are put again. */
  readonly isAnnounced: boolean;
  /** `up`: pieces that were put again because they asked, since this Unix time in ms (files §10.3). */
  readonly again?: number;
  readonly againSinceMs?: number;
}

export const TRANSFER: RecordKind<TransferRecord> = {
  kind: 'transfer',
  codec: map<TransferRecord>({
    direction: named({ up: 0, down: 1 }),
    state: named<FileState>({
      uploading: 0,
      paused: 1,
      up: 2,
      remote: 3,
      fetching: 4,
      fetched: 5,
      missing: 6,
      damaged: 7,
    }),
    blob: optional(bytes(BLOB_NAME_SIZE)),
    done: boundedBytes(0, MAX_SET_SIZE),
    expiresAt: uint(),
    asked: uint(),
    isAnnounced: boolean(),
    again: optional(uint()),
    againSinceMs: optional(uint()),
  }),
};

/** What deletes one piece. It holds no key that opens the file, so that it may outlive the message. */
export interface PieceCapability {
  readonly id: Uint8Array;
  readonly deleteToken: Uint8Array;
}

/** Pieces that a relay is to delete. Position: a counter. */
export interface PieceErrand {
  readonly relay: string;
  readonly pieces: readonly PieceCapability[];
}

export const PIECE_ERRAND: RecordKind<PieceErrand> = {
  kind: 'pieceErrand',
  codec: map<PieceErrand>({
    relay: text(MAX_ORIGIN_SIZE),
    pieces: list(tuple<PieceCapability>({ id: bytes(ID_SIZE), deleteToken: bytes(ID_SIZE) }), 1, ERRAND_PIECES),
  }),
};

/** What a message of theirs begins with, and where a transfer goes back to when nothing of it is left here. */
export const NOTHING_HERE: TransferRecord = {
  direction: 'down',
  state: 'remote',
  done: new Uint8Array(0),
  expiresAt: 0,
  asked: 0,
  isAnnounced: true,
};
