/**
 * Checks of arguments, and the answer of a closed store, in front of an engine: a caller's mistake rejects that one
 * call, before anything else sees it.
 *
 * @module
 */

import { checkBytes, checkCount, checkHash, checkRange, closedError } from './arguments.ts';
import type {
  Appended,
  CardItem,
  CardResult,
  EnvelopeItem,
  ExportPage,
  Hash,
  PieceItem,
  Purged,
  RelayStore,
  StoredEnvelope,
  StoredPiece,
  StoreError,
  StoreTotals,
} from './relay-store.ts';

export class CheckedStore implements RelayStore {
  readonly #engine: RelayStore;
  #closing: Promise<void> | undefined;

  /** Takes ownership of `engine`. */
  constructor(engine: RelayStore) {
    this.#engine = engine;
  }

  async openMailbox(mailbox: Hash, expiresAt: number, now: number): Promise<'opened' | 'renewed' | 'relay-full'> {
    this.#check([mailbox], [expiresAt, now]);
    return this.#engine.openMailbox(mailbox, expiresAt, now);
  }

  async hasMailbox(mailbox: Hash, now: number): Promise<boolean> {
    this.#check([mailbox], [now]);
    return this.#engine.hasMailbox(mailbox, now);
  }

  async append(items: readonly EnvelopeItem[], now: number): Promise<Appended[]> {
    this.#check([], [now]);
    for (const { mailbox, hash, envelope, expiresAt } of items) {
      this.#check([mailbox, hash], [expiresAt]);
      checkBytes(envelope);
    }
    return this.#engine.append(items, now);
  }

  async read(
    mailbox: Hash,
    options: { limit: number; exclude: ReadonlySet<string>; now: number },
  ): Promise<StoredEnvelope[]> {
    this.#check([mailbox], [options.limit, options.now]);
    return this.#engine.read(mailbox, options);
  }

  async ack(mailbox: Hash, hashes: readonly Hash[]): Promise<void> {
    this.#check([mailbox, ...hashes], []);
    return this.#engine.ack(mailbox, hashes);
  }

  async removeMailbox(mailbox: Hash): Promise<boolean> {
    this.#check([mailbox], []);
    return this.#engine.removeMailbox(mailbox);
  }

  async exportMailbox(mailbox: Hash, after: number, limit: number, now: number): Promise<ExportPage<StoredEnvelope>> {
    this.#check([mailbox], [after, now]);
    checkCount(limit, 1);
    return this.#engine.exportMailbox(mailbox, after, limit, now);
  }

  async mailboxExpiry(mailbox: Hash, now: number): Promise<number | undefined> {
    this.#check([mailbox], [now]);
    return this.#engine.mailboxExpiry(mailbox, now);
  }

  async putCard(item: CardItem, now: number): Promise<CardResult> {
    this.#check([item.inviteId, item.owner], [item.expiresAt, now, item.idleWeeks ?? 0]);
    [item.card, ...item.prekeys].forEach(checkBytes);
    return this.#engine.putCard(item, now);
  }

  async addPrekeys(inviteId: Hash, owner: Hash, prekeys: readonly Uint8Array[], now: number): Promise<CardResult> {
    this.#check([inviteId, owner], [now]);
    prekeys.forEach(checkBytes);
    return this.#engine.addPrekeys(inviteId, owner, prekeys, now);
  }

  async getCard(inviteId: Hash, now: number): Promise<{ card: Uint8Array; expiresAt: number } | undefined> {
    this.#check([inviteId], [now]);
    return this.#engine.getCard(inviteId, now);
  }

  async takePrekey(inviteId: Hash, now: number): Promise<Uint8Array | undefined | 'gone'> {
    this.#check([inviteId], [now]);
    return this.#engine.takePrekey(inviteId, now);
  }

  async removeCard(inviteId: Hash, owner: Hash): Promise<'removed' | 'not-owner' | 'gone'> {
    this.#check([inviteId, owner], []);
    return this.#engine.removeCard(inviteId, owner);
  }

  async exportCard(
    inviteId: Hash,
    owner: Hash,
    after: number,
    limit: number,
    now: number,
  ): Promise<ExportPage<Uint8Array> | 'not-owner' | 'gone'> {
    this.#check([inviteId, owner], [after, now]);
    checkCount(limit, 1);
    return this.#engine.exportCard(inviteId, owner, after, limit, now);
  }

  async putPiece(
    item: PieceItem,
    body: AsyncIterable<Uint8Array>,
    now: number,
  ): Promise<'stored' | 'duplicate' | 'relay-full'> {
    this.#check([item.piece, item.deleteHash], [item.expiresAt, item.size, now]);
    return this.#engine.putPiece(item, body, now);
  }

  async getPiece(piece: Hash, now: number): Promise<StoredPiece | undefined> {
    this.#check([piece], [now]);
    const found = await this.#engine.getPiece(piece, now);
    const read = async function* (this: CheckedStore, offset: number, length: number): AsyncGenerator<Uint8Array> {
      checkRange(offset, length, found?.size ?? 0);
      this.#check([], []);
      for await (const block of found?.read(offset, length) ?? []) {
        yield block;
        this.#check([], []);
      }
    };
    return found && { size: found.size, expiresAt: found.expiresAt, read: read.bind(this) };
  }

  async removePiece(piece: Hash, deleteHash: Hash): Promise<'removed' | 'wrong-token' | 'gone'> {
    this.#check([piece, deleteHash], []);
    return this.#engine.removePiece(piece, deleteHash);
  }

  async purge(options: { now: number; maxItems: number }): Promise<Purged> {
    this.#check([], [options.now]);
    checkCount(options.maxItems, 1);
    return this.#engine.purge(options);
  }

  async checkpoint(): Promise<void> {
    this.#check([], []);
    return this.#engine.checkpoint();
  }

  async totals(): Promise<StoreTotals> {
    this.#check([], []);
    return this.#engine.totals();
  }

  get failed(): Promise<StoreError> {
    return this.#engine.failed;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#engine.close();
    await this.#closing;
  }

  #check(hashes: readonly Hash[], counts: readonly number[]): void {
    if (this.#closing !== undefined) {
      throw closedError();
    }
    hashes.forEach(checkHash);
    for (const count of counts) {
      checkCount(count);
    }
  }
}
