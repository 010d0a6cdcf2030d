/**
 * The durable store of a relay: SQLite in a thread of its own for everything but the bytes of pieces, which are files.
 *
 * Decision: docs/decisions/0005-relay-storage.md.
 *
 * @module
 */

import { hexOf } from '../arguments.ts';
import { CheckedStore } from '../checked-store.ts';
import type { Hash, PieceItem, Purged, RelayStore, StoredPiece, StoreLimits } from '../relay-store.ts';
import { completeFolder, findFolder } from './data-folder.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Operations, PiecePlace } from './operations.ts';
import { hourOf, PieceFiles, type ReceivedFile } from './piece-files.ts';
import { WorkerLink } from './worker-link.ts';

/** Items that one transaction of a purge removes: others wait no longer than for these. */
const PURGE_STEP = 100;
const SECONDS_PER_HOUR = 3600;

export interface SqliteStoreOptions {
  /** Everything is in here; made if there is none. One process at a time. */
  readonly folder: string;
  readonly limits: StoreLimits;
}

/**
 * Opens the store in a folder.
 *
 * @throws {@link StoreError} `LOCKED` while another process has it open; `FOREIGN` for a folder that is not a relay's or
 * was written by a newer version, which is left as it is; `UNAVAILABLE` when the disk or the database refuses
 */
export async function openSqliteStore({ folder, limits }: SqliteStoreOptions): Promise<RelayStore> {
  const places = await findFolder(folder);
  const link = await WorkerLink.start(places.database, limits);
  const files = new PieceFiles(places);
  try {
    await completeFolder(places);
    await sweep(link, files);
  } catch (error) {
    await link.close();
    throw error;
  }
  return new CheckedStore(sqliteEngine(link, new Pieces(link, files)));
}

function sqliteEngine(link: WorkerLink, pieces: Pieces): RelayStore {
  async function purge(now: number, maxItems: number): Promise<Purged> {
    let removed = 0;
    for (;;) {
      const step = await link.call('purge', now, Math.min(PURGE_STEP, maxItems - removed));
      await pieces.removeFiles(step.pieces);
      removed += step.removed;
      if (!step.more) {
        await link.call('checkpoint');
        return { removed, more: false };
      }
      if (removed >= maxItems) {
        return { removed, more: true };
      }
    }
  }

  return {
    openMailbox: (mailbox, expiresAt, now) => link.call('openMailbox', mailbox, expiresAt, now),
    hasMailbox: async (mailbox, now) => (await link.call('mailboxExpiry', mailbox, now)) !== undefined,
    append: (items, now) => link.call('append', items, now),
    read: (mailbox, { limit, exclude, now }) => link.call('read', mailbox, limit, exclude, now),
    ack: (mailbox, hashes) => link.call('ack', mailbox, hashes),
    removeMailbox: (mailbox) => link.call('removeMailbox', mailbox),
    exportMailbox: (mailbox, after, limit, now) => link.call('exportMailbox', mailbox, after, limit, now),
    mailboxExpiry: (mailbox, now) => link.call('mailboxExpiry', mailbox, now),
    putCard: (item, now) => link.call('putCard', item, now),
    addPrekeys: (inviteId, owner, prekeys, now) => link.call('addPrekeys', inviteId, owner, prekeys, now),
    getCard: (inviteId, now) => link.call('getCard', inviteId, now),
    takePrekey: (inviteId, now) => link.call('takePrekey', inviteId, now),
    removeCard: (inviteId, owner) => link.call('removeCard', inviteId, owner),
    exportCard: (inviteId, owner, after, limit, now) => link.call('exportCard', inviteId, owner, after, limit, now),
    putPiece: (item, body, now) => pieces.put(item, body, now),
    getPiece: (piece, now) => pieces.get(piece, now),
    removePiece: (piece, deleteHash) => pieces.remove(piece, deleteHash),
    purge: ({ now, maxItems }) => purge(now, maxItems),
    checkpoint: () => link.call('checkpoint'),
    totals: () => link.call('totals'),
    failed: link.failed,
    close: () => link.close(),
  };
}

/** Rows and files of pieces together. The row decides: it comes after the file, and goes before it. */
class Pieces {
  readonly #link: WorkerLink;
  readonly #files: PieceFiles;
  readonly #lock = new KeyedLock();

  constructor(link: WorkerLink, files: PieceFiles) {
    this.#link = link;
    this.#files = files;
  }

  async put(
    item: PieceItem,
    body: AsyncIterable<Uint8Array>,
    now: number,
  ): Promise<'stored' | 'duplicate' | 'relay-full'> {
    const { piece, deleteHash, size, expiresAt } = item;
    let reserved = await this.#link.call('reservePiece', piece, size, now);
    if (reserved === 'duplicate' && (await this.#forgetLost(piece, now))) {
      reserved = await this.#link.call('reservePiece', piece, size, now);
    }
    if (reserved !== 'reserved') {
      return reserved;
    }
    let received: ReceivedFile | undefined;
    try {
      received = await this.#files.receive(size, expiresAt, body);
      return await this.#publish(received, { piece, deleteHash, size, expiresAt }, now);
    } catch (error) {
      await this.#abandon(received, size);
      throw error;
    }
  }

  async get(piece: Hash, now: number): Promise<StoredPiece | undefined> {
    const place = await this.#link.call('findPiece', piece, now);
    if (place === undefined || !(await this.#files.has(place))) {
      return undefined;
    }
    const { size, expiresAt } = place;
    return { size, expiresAt, read: (offset, length) => this.#files.read(place, offset, length) };
  }

  remove(piece: Hash, deleteHash: Hash): Promise<'removed' | 'wrong-token' | 'gone'> {
    return this.#lock.run(hexOf(piece), async () => {
      const removed = await this.#link.call('removePiece', piece, deleteHash);
      if (typeof removed === 'string') {
        return removed;
      }
      await this.#files.remove(removed);
      return 'removed';
    });
  }

  /** Of pieces whose rows are gone. One that the disk refuses to remove is swept at the next start. */
  async removeFiles(places: readonly PiecePlace[]): Promise<void> {
    const failures: unknown[] = [];
    for (const place of places) {
      await this.#removeFile(place).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  #removeFile(place: PiecePlace): Promise<void> {
    return this.#lock.run(hexOf(place.piece), async () => {
      // Put again since: then the file is the new one's.
      const current = await this.#link.call('findPiece', place.piece, 0);
      if (current === undefined || hourOf(current.expiresAt) !== hourOf(place.expiresAt)) {
        await this.#files.remove(place);
      }
    });
  }

  /** True if only the row of a piece was left: its file was lost or damaged by somebody else, and it can be put anew. */
  #forgetLost(piece: Hash, now: number): Promise<boolean> {
    return this.#lock.run(hexOf(piece), async () => {
      const place = await this.#link.call('findPiece', piece, now);
      if (place === undefined || (await this.#files.has(place))) {
        return false;
      }
      await this.#link.call('forgetPieces', [piece]);
      await this.#files.remove(place);
      return true;
    });
  }

  #publish(received: ReceivedFile, item: PieceItem, now: number): Promise<'stored' | 'duplicate'> {
    return this.#lock.run(hexOf(item.piece), async () => {
      if (await this.#isThere(item, now)) {
        await this.#abandon(received, item.size);
        return 'duplicate';
      }
      const { outcome, replaced } = await this.#store(received, item, now);
      // Stored is stored: what cannot be removed now is swept at the next start.
      if (outcome === 'duplicate') {
        await this.#files.remove(item).catch(() => undefined);
      } else if (replaced !== undefined && hourOf(replaced.expiresAt) !== hourOf(item.expiresAt)) {
        await this.#files.remove(replaced).catch(() => undefined);
      }
      return outcome;
    });
  }

  /** Whether a piece lies where `item` is to lie; afterwards no row counts on what else lies there. */
  async #isThere(item: PieceItem, now: number): Promise<boolean> {
    if (!(await this.#files.isTaken(item))) {
      return false;
    }
    if ((await this.#link.call('findPiece', item.piece, now)) !== undefined) {
      return true;
    }
    await this.#link.call('forgetPieces', [item.piece]);
    return false;
  }

  async #store(received: ReceivedFile, item: PieceItem, now: number): Promise<ReturnType<Operations['storePiece']>> {
    try {
      await this.#files.place(received, item);
      return await this.#link.call('storePiece', item, now);
    } catch (error) {
      await this.#files.remove(item).catch(() => undefined);
      throw error;
    }
  }

  /** A thread that cannot answer any more holds no budget either. */
  async #abandon(received: ReceivedFile | undefined, size: number): Promise<void> {
    await this.#link.call('releasePiece', size).catch(() => undefined);
    if (received !== undefined) {
      await this.#files.discard(received);
    }
  }
}

/** After a crash: files that no row knows, and rows whose file never became durable or is lost. */
async function sweep(link: WorkerLink, files: PieceFiles): Promise<void> {
  await files.sweepIncoming();
  const expiries = await link.call('pieceExpiries');
  for (const hour of new Set([...expiries.map(hourOf), ...(await files.hours())])) {
    const pieces = await link.call('listPieces', hour * SECONDS_PER_HOUR, (hour + 1) * SECONDS_PER_HOUR);
    const lost = await files.sweep(hour, pieces);
    if (lost.length > 0) {
      await link.call(
        'forgetPieces',
        lost.map(({ piece }) => piece),
      );
    }
  }
}
