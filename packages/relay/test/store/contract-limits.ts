import { describe, expect, test } from 'vitest';
import type { Backend } from './backend.ts';
import { heldIn } from './contract-mailboxes.ts';
import { cardOf, countOf, envelopeOf, HOUR, inBlocks, NOW, named, pieceOf, prekeyOf, WEEK } from './samples.ts';

const ALICE = named('alice');

function envelopes(count: number, mailbox = 'alice', expiresAt: number = NOW + HOUR) {
  return Array.from({ length: count }, (_, i) => envelopeOf(mailbox, `${mailbox} ${i}`, expiresAt));
}

export function limitContract(backend: Backend): void {
  describe('limits are exact', () => {
    test('envelopes in a mailbox, under 500 appends at once', async () => {
      const { store } = await backend.create({ envelopesPerMailbox: 100 });
      await store.openMailbox(ALICE, NOW + WEEK, NOW);
      const results = await Promise.all(envelopes(500).map((item) => store.append([item], NOW)));
      expect(countOf(results.flat(), 'stored')).toBe(100);
      expect(countOf(results.flat(), 'full')).toBe(400);
      expect(await heldIn(store, ALICE)).toHaveLength(100);
    });

    test('bytes in a mailbox', async () => {
      const { store, reopen } = await backend.create({ bytesPerMailbox: 16_384 + 4096 });
      await store.openMailbox(ALICE, NOW + WEEK, NOW);
      const large = envelopeOf('alice', 'large', NOW + HOUR, 16_384);
      const [a, b] = [envelopeOf('alice', 'a'), envelopeOf('alice', 'b')];
      expect(await store.append([large, a, b], NOW)).toEqual(['stored', 'stored', 'full']);
      const reopened = await reopen();
      await reopened.ack(ALICE, [a.hash]);
      expect(await reopened.append([b, a], NOW)).toEqual(['stored', 'full']);
    });

    test('bytes of all mailboxes together, under 500 appends at once', async () => {
      const { store, reopen } = await backend.create({ envelopeBytes: 100 * 4096 + 5 });
      const boxes = ['a', 'b', 'c', 'd', 'e'];
      for (const box of boxes) {
        await store.openMailbox(named(box), NOW + WEEK, NOW);
      }
      const items = boxes.flatMap((box) => envelopes(100, box));
      const results = await Promise.all(items.map((item) => store.append([item], NOW)));
      expect(countOf(results.flat(), 'stored')).toBe(100);
      expect(countOf(results.flat(), 'relay-full')).toBe(400);
      const reopened = await reopen();
      expect(await reopened.totals()).toMatchObject({ envelopes: 100, envelopeBytes: 100 * 4096 });
      expect(await reopened.append([envelopeOf('a', 'more')], NOW)).toEqual(['relay-full']);
      await reopened.removeMailbox(named('a'));
      expect(await reopened.append([envelopeOf('b', 'more')], NOW)).toEqual(['stored']);
    });

    test('mailboxes, under 500 opened at once; renewing needs no room', async () => {
      const { store, reopen } = await backend.create({ mailboxes: 50 });
      const names = Array.from({ length: 500 }, (_, i) => named(`${i}`));
      const results = await Promise.all(names.map((name) => store.openMailbox(name, NOW + HOUR, NOW)));
      expect(countOf(results, 'opened')).toBe(50);
      expect(countOf(results, 'relay-full')).toBe(450);
      const reopened = await reopen();
      const opened = names[results.indexOf('opened')] as Uint8Array;
      const refused = names[results.indexOf('relay-full')] as Uint8Array;
      expect(await reopened.openMailbox(opened, NOW + HOUR, NOW)).toBe('renewed');
      expect(await reopened.openMailbox(refused, NOW + HOUR, NOW)).toBe('relay-full');
      await reopened.removeMailbox(opened);
      expect(await reopened.openMailbox(refused, NOW + HOUR, NOW)).toBe('opened');
    });

    test('cards, under 500 put at once; replacing needs no room', async () => {
      const { store } = await backend.create({ cards: 50 });
      const cards = Array.from({ length: 500 }, (_, i) => cardOf(`${i}`, 'owner', 0));
      const results = await Promise.all(cards.map((card) => store.putCard(card, NOW)));
      expect(countOf(results, 'relay-full')).toBe(450);
      const put = cards[results.findIndex((result) => result !== 'relay-full')];
      expect(await store.putCard(put as (typeof cards)[number], NOW)).toEqual({ prekeys: 0 });
    });

    test('prekeys of a card: all of a request or none', async () => {
      const { store } = await backend.create({ prekeysPerCard: 10 });
      expect(await store.putCard(cardOf('invite', 'owner', 11), NOW)).toBe('full');
      expect(await store.getCard(named('invite'), NOW)).toBeUndefined();
      expect(await store.putCard(cardOf('invite', 'owner', 9), NOW)).toEqual({ prekeys: 9 });
      const [a, b] = [prekeyOf('a'), prekeyOf('b')];
      expect(await store.addPrekeys(named('invite'), named('owner'), [a, b], NOW)).toBe('full');
      expect(await store.putCard(cardOf('invite', 'owner', 2, 'newer'), NOW)).toBe('full');
      expect((await store.getCard(named('invite'), NOW))?.card).toEqual(cardOf('invite', 'owner', 0).card);
      expect(await store.addPrekeys(named('invite'), named('owner'), [a], NOW)).toEqual({ prekeys: 10 });
      const adds = Array.from({ length: 20 }, (_, i) =>
        store.addPrekeys(named('invite'), named('owner'), [prekeyOf(`${i}`)], NOW),
      );
      expect(countOf(await Promise.all(adds), 'full')).toBe(20);
    });

    test('bytes of pieces, under 40 uploads at once, before a body is read', async () => {
      const { store } = await backend.create({ pieceBytes: 10 * 65_536 });
      const pieces = Array.from({ length: 40 }, (_, i) => pieceOf(`${i}`));
      const results = await Promise.all(pieces.map((piece) => store.putPiece(piece, inBlocks(piece.bytes), NOW)));
      expect(countOf(results, 'stored')).toBe(10);
      expect(countOf(results, 'relay-full')).toBe(30);
      expect(await store.totals()).toMatchObject({ pieces: 10, pieceBytes: 10 * 65_536 });
      const unread: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => {
          throw new Error('the body was read');
        },
      };
      const refused = pieceOf('one more');
      expect(await store.putPiece(refused, unread, NOW)).toBe('relay-full');
      const stored = pieces[results.indexOf('stored')] as (typeof pieces)[number];
      expect(await store.removePiece(stored.piece, stored.deleteHash)).toBe('removed');
      expect(await store.putPiece(refused, inBlocks(refused.bytes), NOW)).toBe('stored');
    });

    test('do not count what expired, before it is purged', async () => {
      const { store } = await backend.create({
        envelopesPerMailbox: 1,
        mailboxes: 1,
        envelopeBytes: 4096,
        cards: 1,
        pieceBytes: 65_536,
      });
      await store.openMailbox(ALICE, NOW + HOUR, NOW);
      await store.putCard({ ...cardOf('a', 'owner', 0), expiresAt: NOW + HOUR }, NOW);
      await store.append(envelopes(1), NOW);
      await store.putPiece(pieceOf('a'), inBlocks(pieceOf('a').bytes), NOW);
      const after = NOW + HOUR;
      expect(await store.openMailbox(named('b'), NOW + WEEK, NOW)).toBe('relay-full');
      expect(await store.openMailbox(named('b'), NOW + WEEK, after)).toBe('opened');
      expect(await store.putCard(cardOf('b', 'owner', 0), NOW)).toBe('relay-full');
      expect(await store.putCard(cardOf('b', 'owner', 0), after)).toEqual({ prekeys: 0 });
      expect(await store.append([envelopeOf('b', 'x', NOW + WEEK)], NOW)).toEqual(['relay-full']);
      expect(await store.append([envelopeOf('b', 'x', NOW + WEEK)], after)).toEqual(['stored']);
      const piece = pieceOf('b', 65_536, NOW + WEEK);
      expect(await store.putPiece(piece, inBlocks(piece.bytes), NOW)).toBe('relay-full');
      expect(await store.putPiece(piece, inBlocks(piece.bytes), after)).toBe('stored');
    });
  });
}
