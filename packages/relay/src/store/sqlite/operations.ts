/**
 * What the thread of the store can be asked for. Everything is synchronous there; the calls of one group share one
 * transaction, and are answered once it is durable.
 *
 * @module
 */

import type {
  Appended,
  CardItem,
  CardResult,
  EnvelopeItem,
  ExportPage,
  Hash,
  PieceItem,
  StoredEnvelope,
  StoreErrorCode,
  StoreTotals,
} from '../relay-store.ts';

/** Where the file of a piece lies. */
export interface PiecePlace {
  readonly piece: Hash;
  readonly size: number;
  readonly expiresAt: number;
}

export interface Operations {
  openMailbox(mailbox: Hash, expiresAt: number, now: number): 'opened' | 'renewed' | 'relay-full';
  mailboxExpiry(mailbox: Hash, now: number): number | undefined;
  append(items: readonly EnvelopeItem[], now: number): Appended[];
  read(mailbox: Hash, limit: number, exclude: ReadonlySet<string>, now: number): StoredEnvelope[];
  ack(mailbox: Hash, hashes: readonly Hash[]): void;
  removeMailbox(mailbox: Hash): boolean;
  exportMailbox(mailbox: Hash, after: number, limit: number, now: number): ExportPage<StoredEnvelope>;

  putCard(item: CardItem, now: number): CardResult;
  addPrekeys(inviteId: Hash, owner: Hash, prekeys: readonly Uint8Array[], now: number): CardResult;
  getCard(inviteId: Hash, now: number): { card: Uint8Array; expiresAt: number } | undefined;
  takePrekey(inviteId: Hash, now: number): Uint8Array | undefined | 'gone';
  removeCard(inviteId: Hash, owner: Hash): 'removed' | 'not-owner' | 'gone';
  exportCard(
    inviteId: Hash,
    owner: Hash,
    after: number,
    limit: number,
    now: number,
  ): ExportPage<Uint8Array> | 'not-owner' | 'gone';

  /** Takes `size` bytes of the budget until `storePiece` or `releasePiece` gives them back. */
  reservePiece(piece: Hash, size: number, now: number): 'reserved' | 'duplicate' | 'relay-full';
  releasePiece(size: number): void;
  /** The file is in its place; `replaced` is an expired piece of this name, whose file may go. */
  storePiece(item: PieceItem, now: number): { outcome: 'stored' | 'duplicate'; replaced: PiecePlace | undefined };
  findPiece(piece: Hash, now: number): PiecePlace | undefined;
  removePiece(piece: Hash, deleteHash: Hash): PiecePlace | 'wrong-token' | 'gone';
  /** All times at which some piece expires. */
  pieceExpiries(): number[];
  /** Pieces that expire from `from` until before `to`. */
  listPieces(from: number, to: number): PiecePlace[];
  /** Pieces whose files are lost. */
  forgetPieces(pieces: readonly Hash[]): void;

  /** `pieces` are those whose files may go. */
  purge(now: number, maxItems: number): { removed: number; more: boolean; pieces: PiecePlace[] };
  totals(): StoreTotals;

  /** Outside of any transaction. */
  checkpoint(): void;
}

export type OperationName = keyof Operations;

export interface Call {
  readonly name: OperationName;
  readonly values: readonly unknown[];
}

/** Calls for one transaction; `bytes` is the size of what they bring. */
export interface Group {
  readonly calls: readonly Call[];
  readonly bytes: number;
}

/** Why a call failed; errors lose their type on the way between threads. */
export interface Failure {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export type Answer = { readonly value: unknown } | { readonly failure: Failure };

/** What the thread says first: that it is ready, or why it cannot be. */
export type Greeting = { readonly ready: true } | { readonly failure: Failure };
