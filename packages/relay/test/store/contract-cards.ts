import { describe, expect, test } from 'vitest';
import { type Backend, bothLives } from './backend.ts';
import { bytesOf, cardOf, countOf, hex, NOW, named, prekeyOf, WEEK } from './samples.ts';

const INVITE = named('invite');
const OWNER = named('owner');
const THIEF = named('thief');

export function cardContract(backend: Backend): void {
  describe('cards', () => {
    test('come back exact, with their pool, after a restart too', async () => {
      const { store, reopen } = await backend.create();
      const card = cardOf('invite', 'owner', 3);
      expect(await store.putCard(card, NOW)).toEqual({ prekeys: 3 });
      const reopened = await reopen();
      expect(await reopened.getCard(INVITE, NOW)).toEqual({ card: card.card, expiresAt: card.expiresAt });
      expect((await reopened.exportCard(INVITE, OWNER, 0, 9, NOW)) as object).toEqual({
        items: card.prekeys,
        next: undefined,
      });
      expect(await reopened.totals()).toMatchObject({ cards: 1, prekeys: 3 });
    });

    test('are replaced by their owner alone, and the pool only grows', async () => {
      const { store } = await backend.create();
      await store.putCard(cardOf('invite', 'owner', 2), NOW);
      expect(await store.putCard(cardOf('invite', 'thief', 1, 'other'), NOW)).toBe('not-owner');
      expect(await store.addPrekeys(INVITE, THIEF, [prekeyOf('x')], NOW)).toBe('not-owner');
      expect(await store.removeCard(INVITE, THIEF)).toBe('not-owner');
      expect(await store.exportCard(INVITE, THIEF, 0, 9, NOW)).toBe('not-owner');
      expect((await store.getCard(INVITE, NOW))?.card).toEqual(bytesOf('card invite'));
      expect(await store.putCard(cardOf('invite', 'owner', 1, 'newer'), NOW)).toEqual({ prekeys: 3 });
      expect((await store.getCard(INVITE, NOW))?.card).toEqual(bytesOf('card newer'));
      expect(await store.addPrekeys(INVITE, OWNER, [prekeyOf('x')], NOW)).toEqual({ prekeys: 4 });
    });

    test('hand out each prekey once, oldest first, then none', async () => {
      const { store, reopen } = await backend.create();
      await store.putCard(cardOf('invite', 'owner', 3), NOW);
      expect(await store.takePrekey(INVITE, NOW)).toEqual(prekeyOf('invite 0'));
      const reopened = await reopen();
      expect(await reopened.takePrekey(INVITE, NOW)).toEqual(prekeyOf('invite 1'));
      expect(await reopened.takePrekey(INVITE, NOW)).toEqual(prekeyOf('invite 2'));
      expect(await reopened.takePrekey(INVITE, NOW)).toBeUndefined();
      expect(await reopened.takePrekey(named('unknown'), NOW)).toBe('gone');
      await reopened.addPrekeys(INVITE, OWNER, [prekeyOf('x')], NOW);
      expect(await reopened.takePrekey(INVITE, NOW)).toEqual(prekeyOf('x'));
    });

    test('give 500 takers at once 100 distinct prekeys out of 100', async () => {
      const { store } = await backend.create();
      const card = cardOf('invite', 'owner', 100);
      await store.putCard(card, NOW);
      const taken = await Promise.all(Array.from({ length: 500 }, () => store.takePrekey(INVITE, NOW)));
      const given = taken.filter((prekey): prekey is Uint8Array => prekey instanceof Uint8Array).map(hex);
      expect(new Set(given)).toEqual(new Set(card.prekeys.map(hex)));
      expect(given).toHaveLength(100);
      expect(countOf(taken, undefined)).toBe(400);
    });

    test('are forgotten when they expire, and free for another owner then', async () => {
      const { store } = await backend.create();
      await store.putCard(cardOf('invite', 'owner', 2), NOW);
      const after = NOW + WEEK;
      expect(await store.getCard(INVITE, after)).toBeUndefined();
      expect(await store.takePrekey(INVITE, after)).toBe('gone');
      expect(await store.addPrekeys(INVITE, OWNER, [], after)).toBe('gone');
      expect(await store.exportCard(INVITE, OWNER, 0, 9, after)).toBe('gone');
      const other = { ...cardOf('invite', 'thief', 1, 'other'), expiresAt: after + WEEK };
      expect(await store.putCard(other, after)).toEqual({ prekeys: 1 });
      expect(await store.takePrekey(INVITE, after)).toEqual(prekeyOf('other 0'));
      expect(await store.totals()).toMatchObject({ cards: 1, prekeys: 0 });
    });

    test('are renewed by adding prekeys, to the idle time from then, rounded up to the week', async () => {
      const { store } = await backend.create();
      await store.putCard({ ...cardOf('invite', 'owner', 0), idleWeeks: 2 }, NOW);
      await store.putCard({ ...cardOf('unrenewed', 'owner', 0) }, NOW);
      await store.addPrekeys(INVITE, OWNER, [], NOW + 5);
      await store.addPrekeys(named('unrenewed'), OWNER, [], NOW + 5);
      expect((await store.getCard(INVITE, NOW))?.expiresAt).toBe(Math.ceil((NOW + 5 + 2 * WEEK) / WEEK) * WEEK);
      expect((await store.getCard(named('unrenewed'), NOW))?.expiresAt).toBe(NOW + WEEK);
    });

    test('have the period that their owner named last, be it shorter, and are renewed by that one', async () => {
      const { store, reopen } = await backend.create();
      const periodOf = (idleWeeks: number, now: number) => Math.ceil(now / WEEK + idleWeeks) * WEEK;
      const card = (idleWeeks: number, now: number) => {
        return { ...cardOf('invite', 'owner', 1), idleWeeks, expiresAt: periodOf(idleWeeks, now) };
      };
      await store.putCard(card(20, NOW), NOW);
      await store.putCard(card(1, NOW), NOW);
      expect((await store.getCard(INVITE, NOW))?.expiresAt).toBe(periodOf(1, NOW));
      const later = NOW + WEEK;
      const reopened = await reopen();
      await reopened.addPrekeys(INVITE, OWNER, [], later);
      expect((await reopened.getCard(INVITE, later))?.expiresAt).toBe(periodOf(1, later));
      await reopened.putCard(card(3, later), later);
      await reopened.putCard(card(1, later), later);
      // Who may not change it changes no time either.
      await reopened.putCard({ ...card(50, later), owner: THIEF }, later);
      const full = Array.from({ length: 201 }, (_, i) => prekeyOf(`${i}`));
      expect(await reopened.putCard({ ...card(50, later), prekeys: full }, later)).toBe('full');
      expect((await reopened.getCard(INVITE, later))?.expiresAt).toBe(periodOf(1, later));
      expect(await reopened.purge({ now: periodOf(1, later), maxItems: 10 })).toEqual({ removed: 5, more: false });
    });

    test('answer like ones that never were once removed', async () => {
      const { store, reopen } = await backend.create();
      await store.putCard(cardOf('invite', 'owner', 2), NOW);
      expect(await store.removeCard(INVITE, OWNER)).toBe('removed');
      for await (const opened of bothLives({ store, reopen })) {
        for (const invite of [INVITE, named('never')]) {
          expect(await opened.getCard(invite, NOW)).toBeUndefined();
          expect(await opened.takePrekey(invite, NOW)).toBe('gone');
          expect(await opened.addPrekeys(invite, OWNER, [], NOW)).toBe('gone');
          expect(await opened.removeCard(invite, THIEF)).toBe('gone');
          expect(await opened.exportCard(invite, OWNER, 0, 9, NOW)).toBe('gone');
        }
        expect(await opened.totals()).toMatchObject({ cards: 0, prekeys: 0 });
      }
      expect(await (await reopen()).putCard(cardOf('invite', 'thief', 1), NOW)).toEqual({ prekeys: 1 });
    });

    test('export their pool page by page', async () => {
      const { store } = await backend.create();
      const card = cardOf('invite', 'owner', 5);
      await store.putCard(card, NOW);
      const first = await store.exportCard(INVITE, OWNER, 0, 3, NOW);
      if (typeof first === 'string' || first.next === undefined) {
        throw new Error('there are two pages');
      }
      const second = await store.exportCard(INVITE, OWNER, first.next, 3, NOW);
      expect(second).toEqual({ items: card.prekeys.slice(3), next: undefined });
      expect(first.items).toEqual(card.prekeys.slice(0, 3));
    });
  });
}
