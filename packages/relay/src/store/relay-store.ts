/**
 * What a relay stores, and the promises that every storage engine keeps.
 *
 * Batch-first, so that each engine uses its own group commit. Whoever implements it runs the contract suite
 * (`test/store/contract.ts`). Nothing in here reads a clock: `now` is Unix time in seconds, expiries are as stored
 * (already rounded up by the caller).
 *
 * Everything is named by hashes of capabilities, never by the capabilities (docs/protocol/relay.md §8).
 *
 * @module
 */

/** A 32-byte SHA-256. */
export type Hash = Uint8Array;

/** An envelope to keep. */
export interface EnvelopeItem {
  /** SHA-256 of the address. */
  readonly mailbox: Hash;
  /** SHA-256 of `envelope`: its token, by which it is recognised and acknowledged. */
  readonly hash: Hash;
  readonly envelope: Uint8Array;
  readonly expiresAt: number;
}

/**
 * What became of an appended envelope.
 *
 * - `stored`: durable now.
 * - `duplicate`: it was there already, unexpired and unacknowledged.
 * - `full`: the mailbox holds as much as it may.
 * - `relay-full`: all mailboxes together do.
 * - `gone`: no such mailbox, or none any more.
 */
export type Appended = 'stored' | 'duplicate' | 'full' | 'relay-full' | 'gone';

/** An envelope as it comes back. */
export interface StoredEnvelope {
  readonly hash: Hash;
  readonly envelope: Uint8Array;
  readonly expiresAt: number;
}

/** A contact card with its pool of one-time prekeys. */
export interface CardItem {
  readonly inviteId: Hash;
  /** SHA-256 of the owner's public key: only the same owner replaces the card. */
  readonly owner: Hash;
  readonly card: Uint8Array;
  readonly prekeys: readonly Uint8Array[];
  /** When the card is forgotten unless its owner renews it, even if that is earlier than before. */
  readonly expiresAt: number;
  /**
   * Weeks the card may go unused: adding prekeys renews it to that long from then, rounded up to the week (relay.md §5.3).
   * Without it, only putting the card again renews it.
   */
  readonly idleWeeks?: number | undefined;
}

/**
 * How many prekeys the pool has afterwards, or why nothing was changed: `full`, the pool would exceed
 * `prekeysPerCard`; `relay-full`, there are as many cards as there may be.
 */
export type CardResult = { readonly prekeys: number } | 'not-owner' | 'full' | 'relay-full' | 'gone';

/** A piece before its bytes are known. */
export interface PieceItem {
  /** SHA-256 of the piece id. */
  readonly piece: Hash;
  /** SHA-256 of the delete token. */
  readonly deleteHash: Hash;
  readonly size: number;
  readonly expiresAt: number;
}

/** A piece that can be read. */
export interface StoredPiece {
  readonly size: number;
  readonly expiresAt: number;
  /**
   * Bytes from `offset`, `length` of them, in blocks that the caller owns. Holds nothing open until the first block is
   * asked for, nor after the last or an early end.
   *
   * @throws RangeError for a range that is not inside the piece; {@link StoreError} `UNAVAILABLE` for a piece that was
   * removed before its first block was read
   */
  read(offset: number, length: number): AsyncIterable<Uint8Array>;
}

/**
 * How much each mailbox, and everything together, may hold. What expired does not count; an unexpired envelope in an
 * expired mailbox counts in `envelopeBytes` until it is purged.
 */
export interface StoreLimits {
  readonly envelopesPerMailbox: number;
  readonly bytesPerMailbox: number;
  readonly mailboxes: number;
  readonly envelopeBytes: number;
  readonly cards: number;
  readonly prekeysPerCard: number;
  readonly pieceBytes: number;
}

/** Numbers of what is held, purged or not yet, for metrics: totals, nobody's. */
export interface StoreTotals {
  readonly mailboxes: number;
  readonly envelopes: number;
  readonly envelopeBytes: number;
  readonly cards: number;
  readonly prekeys: number;
  readonly pieces: number;
  readonly pieceBytes: number;
}

/** What a purge step removed (each envelope, mailbox, card, prekey and piece is one), and whether more has expired. */
export interface Purged {
  readonly removed: number;
  readonly more: boolean;
}

/** A page of an export; `next` asks for the page after it. */
export interface ExportPage<Item> {
  readonly items: readonly Item[];
  readonly next: number | undefined;
}

/**
 * The store. Promises:
 * - what resolved survives `kill -9`; what was rejected is absent or whole, and a repetition gives exactly one;
 * - envelopes of one mailbox come in the order in which they became durable;
 * - what is unacknowledged comes back, after a restart too; what was acknowledged never does; acknowledging twice
 *   is harmless, and can never remove another envelope;
 * - what has expired at `now` is never returned, even before it is purged, and does not count;
 * - limits are exact under concurrency; a one-time prekey is given at most once;
 * - a removed mailbox, card or piece answers like one that never was; bytes come back exact;
 * - after a purge and a checkpoint no deleted body, name or time is found in the raw files;
 * - after {@link close} every call rejects with a {@link StoreError} `CLOSED`; a full disk rejects with
 *   `UNAVAILABLE`, and is never a false success.
 */
export interface RelayStore {
  /** Opens a mailbox, or gives it another expiry: the last one that its owner asked for, even an earlier one. */
  openMailbox(mailbox: Hash, expiresAt: number, now: number): Promise<'opened' | 'renewed' | 'relay-full'>;
  hasMailbox(mailbox: Hash, now: number): Promise<boolean>;
  /** One answer for each item, in order. */
  append(items: readonly EnvelopeItem[], now: number): Promise<Appended[]>;
  /** The oldest envelopes of a mailbox, at most `limit`, without those whose hash (hex) is in `exclude`. */
  read(mailbox: Hash, options: { limit: number; exclude: ReadonlySet<string>; now: number }): Promise<StoredEnvelope[]>;
  ack(mailbox: Hash, hashes: readonly Hash[]): Promise<void>;
  /** Removes a mailbox and its envelopes; false if there was none. */
  removeMailbox(mailbox: Hash): Promise<boolean>;
  /** Its envelopes, oldest first: `after` is 0 for the first page, then `next` of the page before. */
  exportMailbox(mailbox: Hash, after: number, limit: number, now: number): Promise<ExportPage<StoredEnvelope>>;
  mailboxExpiry(mailbox: Hash, now: number): Promise<number | undefined>;

  /** Stores or replaces a card; its prekeys are added to the pool. */
  putCard(item: CardItem, now: number): Promise<CardResult>;
  addPrekeys(inviteId: Hash, owner: Hash, prekeys: readonly Uint8Array[], now: number): Promise<CardResult>;
  getCard(inviteId: Hash, now: number): Promise<{ card: Uint8Array; expiresAt: number } | undefined>;
  takePrekey(inviteId: Hash, now: number): Promise<Uint8Array | undefined | 'gone'>;
  removeCard(inviteId: Hash, owner: Hash): Promise<'removed' | 'not-owner' | 'gone'>;
  /** The prekeys left in the pool, page by page. */
  exportCard(
    inviteId: Hash,
    owner: Hash,
    after: number,
    limit: number,
    now: number,
  ): Promise<ExportPage<Uint8Array> | 'not-owner' | 'gone'>;

  /**
   * Stores a piece; `body` yields exactly `item.size` bytes, or nothing is kept. Its place in the budget is reserved
   * before the first byte is read; for `duplicate` and `relay-full` `body` may not have been read at all. What `body`
   * throws is thrown on.
   */
  putPiece(
    item: PieceItem,
    body: AsyncIterable<Uint8Array>,
    now: number,
  ): Promise<'stored' | 'duplicate' | 'relay-full'>;
  getPiece(piece: Hash, now: number): Promise<StoredPiece | undefined>;
  removePiece(piece: Hash, deleteHash: Hash): Promise<'removed' | 'wrong-token' | 'gone'>;

  /** Removes at most `maxItems` of what expired at `now`; call again while there is more. */
  purge(options: { now: number; maxItems: number }): Promise<Purged>;
  /** Makes sure that nothing deleted is left in files that the engine keeps beside its own (a write-ahead log). */
  checkpoint(): Promise<void>;
  totals(): Promise<StoreTotals>;
  /**
   * Resolves, and never rejects, when the engine has failed for good: every call rejects from then on, until the store
   * is closed and opened anew. Stays pending otherwise, also when the store is closed.
   */
  readonly failed: Promise<StoreError>;
  /** Finishes what is under way; closing again is harmless. */
  close(): Promise<void>;
}

/** Why a store could not do what it was asked. */
export type StoreErrorCode =
  /** The store was closed. */
  | 'CLOSED'
  /** The disk is full, or the engine failed: nothing was changed; try again. */
  | 'UNAVAILABLE'
  /** The folder was written by a newer version, or is not a relay's. */
  | 'FOREIGN'
  /** Another process has the folder open. */
  | 'LOCKED'
  /** A piece's body had another size than was said. */
  | 'SIZE_MISMATCH';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
