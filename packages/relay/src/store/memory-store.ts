/**
 * A store that forgets everything with its process: for tests, for demonstrations, and as the model that the other
 * engines are compared with. Deleted bytes are overwritten by nothing but the garbage collector.
 *
 * @module
 */

import { CheckedStore } from './checked-store.ts';
import { MemoryCards } from './memory-cards.ts';
import { MemoryMailboxes } from './memory-mailboxes.ts';
import { MemoryPieces } from './memory-pieces.ts';
import type { Purged, RelayStore, StoreLimits } from './relay-store.ts';

/** Empty when made. */
export class MemoryStore extends CheckedStore {
  constructor(limits: StoreLimits) {
    super(memoryEngine(limits));
  }
}

function memoryEngine(limits: StoreLimits): RelayStore {
  const mailboxes = new MemoryMailboxes(limits);
  const cards = new MemoryCards(limits);
  const pieces = new MemoryPieces(limits);

  function purge(now: number, maxItems: number): Purged {
    let removed = 0;
    for (const remove of [mailboxes, cards, pieces].flatMap((held) => [...held.expired(now)])) {
      if (removed === maxItems) {
        return { removed, more: true };
      }
      remove();
      removed += 1;
    }
    return { removed, more: false };
  }

  return {
    openMailbox: async (mailbox, expiresAt, now) => mailboxes.open(mailbox, expiresAt, now),
    hasMailbox: async (mailbox, now) => mailboxes.expiry(mailbox, now) !== undefined,
    append: async (items, now) => items.map((item) => mailboxes.append(item, now)),
    read: async (mailbox, { limit, exclude, now }) => mailboxes.read(mailbox, limit, exclude, now),
    ack: async (mailbox, hashes) => mailboxes.ack(mailbox, hashes),
    removeMailbox: async (mailbox) => mailboxes.remove(mailbox),
    exportMailbox: async (mailbox, after, limit, now) => mailboxes.export(mailbox, after, limit, now),
    mailboxExpiry: async (mailbox, now) => mailboxes.expiry(mailbox, now),
    putCard: async (item, now) => cards.put(item, now),
    addPrekeys: async (inviteId, owner, prekeys, now) => cards.add(inviteId, owner, prekeys, now),
    getCard: async (inviteId, now) => cards.get(inviteId, now),
    takePrekey: async (inviteId, now) => cards.take(inviteId, now),
    removeCard: async (inviteId, owner) => cards.remove(inviteId, owner),
    exportCard: async (inviteId, owner, after, limit, now) => cards.export(inviteId, owner, after, limit, now),
    putPiece: async (item, body, now) => pieces.put(item, body, now),
    getPiece: async (piece, now) => pieces.get(piece, now),
    removePiece: async (piece, deleteHash) => pieces.remove(piece, deleteHash),
    purge: async ({ now, maxItems }) => purge(now, maxItems),
    checkpoint: async () => undefined,
    totals: async () => ({ ...mailboxes.totals(), ...cards.totals(), ...pieces.totals() }),
    // Nothing in here can fail by itself.
    failed: new Promise(() => undefined),
    close: async () => pieces.close(),
  };
}
