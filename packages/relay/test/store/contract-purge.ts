import { describe, expect, test } from 'vitest';
import type { RelayStore } from '../../src/store/relay-store.ts';
import type { Backend } from './backend.ts';
import { heldIn } from './contract-mailboxes.ts';
import { cardOf, envelopeOf, HOUR, hex, inBlocks, NOW, named, pieceOf, WEEK } from './samples.ts';

const EMPTY = { mailboxes: 0, envelopes: 0, envelopeBytes: 0, cards: 0, prekeys: 0, pieces: 0, pieceBytes: 0 };

/** Two things of each kind: one that expires at NOW + HOUR, one that does at NOW + WEEK. */
async function fill(store: RelayStore): Promise<void> {
  for (const [label, life] of [
    ['short', HOUR],
    ['long', WEEK],
  ] as const) {
    await store.openMailbox(named(label), NOW + life, NOW);
    await store.append(
      [0, 1, 2].map((i) => envelopeOf('long', `${label} ${i}`, NOW + life)),
      NOW,
    );
    await store.append(
      [0, 1].map((i) => envelopeOf(label, `in ${label} ${i}`, NOW + WEEK)),
      NOW,
    );
    await store.putCard({ ...cardOf(label, 'owner', 4), expiresAt: NOW + life }, NOW);
    const piece = pieceOf(label, 65_536, NOW + life);
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
  }
}

export function purgeContract(backend: Backend): void {
  describe('purge', () => {
    test('removes what expired and nothing else', async () => {
      const { store } = await backend.create();
      await store.openMailbox(named('long'), NOW + WEEK, NOW);
      await fill(store);
      expect(await store.purge({ now: NOW, maxItems: 1000 })).toEqual({ removed: 0, more: false });
      const before = await store.totals();
      const after = NOW + HOUR;
      // 3 envelopes by their own expiry, 2 with their mailbox, the mailbox, the card, its 4 prekeys, the piece.
      expect(await store.purge({ now: after, maxItems: 1000 })).toEqual({ removed: 12, more: false });
      expect(before).toEqual({
        ...EMPTY,
        mailboxes: 2,
        envelopes: 10,
        envelopeBytes: 40_960,
        cards: 2,
        prekeys: 8,
        pieces: 2,
        pieceBytes: 131_072,
      });
      expect(await store.totals()).toEqual({
        ...EMPTY,
        mailboxes: 1,
        envelopes: 5,
        envelopeBytes: 20_480,
        cards: 1,
        prekeys: 4,
        pieces: 1,
        pieceBytes: 65_536,
      });
      const kept = [...[0, 1, 2].map((i) => `long ${i}`), ...[0, 1].map((i) => `in long ${i}`)];
      expect(await heldIn(store, named('long'), after)).toEqual(
        kept.map((label) => hex(envelopeOf('long', label).hash)),
      );
      expect(await store.purge({ now: after, maxItems: 1 })).toEqual({ removed: 0, more: false });
    });

    test.each([1, 2, 5, 12])('goes on in steps of at most %d, over restarts', async (maxItems) => {
      const opened = await backend.create();
      await opened.store.openMailbox(named('long'), NOW + WEEK, NOW);
      await fill(opened.store);
      let store = opened.store;
      let total = 0;
      for (let more = true; more; ) {
        const step = await store.purge({ now: NOW + HOUR, maxItems });
        expect(step.removed).toBeLessThanOrEqual(maxItems);
        expect(step.removed > 0 || !step.more).toBe(true);
        total += step.removed;
        more = step.more;
        store = await opened.reopen();
      }
      expect(total).toBe(12);
      expect(await store.purge({ now: NOW + WEEK, maxItems: 1000 })).toMatchObject({ more: false });
      expect(await store.totals()).toEqual(EMPTY);
    });

    test('serves others between its steps', async () => {
      const { store } = await backend.create();
      await store.openMailbox(named('alice'), NOW + WEEK, NOW);
      await store.append(
        Array.from({ length: 1000 }, (_, i) => envelopeOf('alice', `${i}`)),
        NOW,
      );
      let isPurged = false;
      const purge = store.purge({ now: NOW + HOUR, maxItems: 10_000 }).then((purged) => {
        isPurged = true;
        return purged;
      });
      expect(await store.append([envelopeOf('alice', 'new', NOW + WEEK)], NOW + HOUR)).toEqual(['stored']);
      expect(backend.name === 'memory' || !isPurged).toBe(true);
      expect(await purge).toEqual({ removed: 1000, more: false });
      expect(await heldIn(store, named('alice'), NOW + HOUR)).toHaveLength(1);
    });

    test('makes room', async () => {
      const { store } = await backend.create({ envelopeBytes: 4096, pieceBytes: 65_536, mailboxes: 1, cards: 1 });
      for (const round of [0, 1, 2]) {
        const now = NOW + round * HOUR;
        expect(await store.openMailbox(named(`${round}`), now + HOUR, now)).toBe('opened');
        expect(await store.append([envelopeOf(`${round}`, `${round}`, now + HOUR)], now)).toEqual(['stored']);
        const piece = pieceOf(`${round}`, 65_536, now + HOUR);
        expect(await store.putPiece(piece, inBlocks(piece.bytes), now)).toBe('stored');
        expect(await store.purge({ now: now + HOUR, maxItems: 100 })).toEqual({ removed: 3, more: false });
      }
    });
  });
}
