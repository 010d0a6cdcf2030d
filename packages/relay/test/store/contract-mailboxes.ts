import { describe, expect, test } from 'vitest';
import type { RelayStore } from '../../src/store/relay-store.ts';
import { type Backend, bothLives } from './backend.ts';
import { envelopeOf, HOUR, hex, NOW, named, WEEK } from './samples.ts';

const ALICE = named('alice');
const BOB = named('bob');
const LATER = NOW + WEEK;

/** The hashes that a mailbox holds, in order. */
export async function heldIn(store: RelayStore, mailbox: Uint8Array, now: number = NOW): Promise<string[]> {
  const held = await store.read(mailbox, { limit: 100_000, exclude: new Set(), now });
  return held.map(({ hash }) => hex(hash));
}

export function mailboxContract(backend: Backend): void {
  describe('mailboxes', () => {
    test('are there once opened, and have the expiry that was asked for last, later or earlier', async () => {
      const { store, reopen } = await backend.create();
      expect(await store.hasMailbox(ALICE, NOW)).toBe(false);
      expect(await store.openMailbox(ALICE, LATER, NOW)).toBe('opened');
      expect(await store.openMailbox(ALICE, LATER + WEEK, NOW)).toBe('renewed');
      expect(await store.openMailbox(ALICE, LATER, NOW)).toBe('renewed');
      expect(await store.hasMailbox(ALICE, NOW)).toBe(true);
      expect(await store.mailboxExpiry(ALICE, NOW)).toBe(LATER);
      expect(await store.openMailbox(ALICE, LATER + WEEK, NOW)).toBe('renewed');
      expect(await store.mailboxExpiry(BOB, NOW)).toBeUndefined();
      expect(await (await reopen()).mailboxExpiry(ALICE, NOW)).toBe(LATER + WEEK);
    });

    test('given an earlier expiry are gone then, and are purged', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, NOW + 20 * WEEK, NOW);
      await store.append([envelopeOf('alice', 'a', NOW + 3 * WEEK)], NOW);
      await store.openMailbox(ALICE, LATER, NOW);
      expect(await heldIn(store, ALICE, LATER - 1)).toHaveLength(1);
      for await (const opened of bothLives({ store, reopen })) {
        expect(await opened.hasMailbox(ALICE, LATER - 1)).toBe(true);
        expect(await opened.hasMailbox(ALICE, LATER)).toBe(false);
      }
      const reopened = await reopen();
      expect(await reopened.purge({ now: LATER, maxItems: 10 })).toEqual({ removed: 2, more: false });
      expect(await reopened.totals()).toMatchObject({ mailboxes: 0, envelopes: 0 });
    });

    test('are renewed by opening alone', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const item = envelopeOf('alice', 'a', LATER);
      await store.append([item], LATER - 1);
      await store.read(ALICE, { limit: 1, exclude: new Set(), now: LATER - 1 });
      await store.ack(ALICE, [item.hash]);
      expect(await store.mailboxExpiry(ALICE, LATER - 1)).toBe(LATER);
    });

    test('give back exact bytes of any size, with hash and expiry', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const items = [4096, 16_384, 1, 0, 4000].map((size, i) => envelopeOf('alice', `size ${size}`, NOW + i + 1, size));
      expect(await store.append(items, NOW)).toEqual(items.map(() => 'stored'));
      const expected = items.map(({ mailbox: _, ...kept }) => kept);
      for await (const opened of bothLives({ store, reopen })) {
        expect(await opened.read(ALICE, { limit: 10, exclude: new Set(), now: NOW })).toEqual(expected);
      }
    });

    test('do not keep the memory that the caller passed', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const item = envelopeOf('alice', 'a');
      const envelope = item.envelope.slice();
      const appended = store.append([{ ...item, envelope }], NOW);
      await appended;
      expect(envelope).toEqual(item.envelope);
      envelope.fill(0);
      const [held] = await store.read(ALICE, { limit: 1, exclude: new Set(), now: NOW });
      expect(held?.envelope).toEqual(item.envelope);
      held?.envelope.fill(0);
      const [again] = await store.read(ALICE, { limit: 1, exclude: new Set(), now: NOW });
      expect(again?.envelope).toEqual(item.envelope);
    });

    test('answer each item of an append, in order', async () => {
      const { store } = await backend.create({ envelopesPerMailbox: 2 });
      await store.openMailbox(ALICE, LATER, NOW);
      const [a, b, c] = ['a', 'b', 'c'].map((label) => envelopeOf('alice', label)) as [never, never, never];
      expect(await store.append([a, a, envelopeOf('bob', 'a'), b, c, b], NOW)).toEqual([
        'stored',
        'duplicate',
        'gone',
        'stored',
        'full',
        'duplicate',
      ]);
      expect(await store.append([], NOW)).toEqual([]);
    });

    test('store the same envelope once while it is held, and each mailbox its own', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      await store.openMailbox(BOB, LATER, NOW);
      const item = envelopeOf('alice', 'a');
      expect(await store.append([item], NOW)).toEqual(['stored']);
      const reopened = await reopen();
      expect(await reopened.append([item, envelopeOf('bob', 'a')], NOW)).toEqual(['duplicate', 'stored']);
      await reopened.ack(ALICE, [item.hash]);
      expect(await heldIn(reopened, ALICE)).toEqual([]);
      expect(await heldIn(reopened, BOB)).toEqual([hex(item.hash)]);
      expect(await reopened.append([item], NOW)).toEqual(['stored']);
    });

    test('keep the order of arrival, whatever was removed in between', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const items = Array.from({ length: 30 }, (_, i) => envelopeOf('alice', `${i}`));
      const hashes = items.map(({ hash }) => hash);
      await Promise.all(items.slice(0, 10).map((item) => store.append([item], NOW)));
      // The newest goes: an engine may use its place again.
      await store.ack(ALICE, [hashes[9], hashes[3]] as Uint8Array[]);
      await store.append(items.slice(10, 20), NOW);
      const reopened = await reopen();
      await reopened.ack(ALICE, [hashes[19], hashes[0]] as Uint8Array[]);
      await reopened.append(items.slice(20), NOW);
      const gone = new Set([0, 3, 9, 19]);
      expect(await heldIn(reopened, ALICE)).toEqual(hashes.filter((_, i) => !gone.has(i)).map(hex));
    });

    test('read the oldest first, at most as many as asked for, without those excluded', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const items = Array.from({ length: 10 }, (_, i) => envelopeOf('alice', `${i}`));
      const hashes = items.map(({ hash }) => hex(hash));
      await store.append(items, NOW);
      const read = async (limit: number, exclude: string[]) =>
        (await store.read(ALICE, { limit, exclude: new Set(exclude), now: NOW })).map(({ hash }) => hex(hash));
      expect(await read(3, [])).toEqual(hashes.slice(0, 3));
      expect(await read(3, [hashes[0], hashes[2], hex(named('unknown'))] as string[])).toEqual([
        hashes[1],
        ...hashes.slice(3, 5),
      ]);
      expect(await read(0, [])).toEqual([]);
      expect(await read(99, hashes)).toEqual([]);
    });

    test('give the unacknowledged again and the acknowledged never, after a restart too', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const [a, b] = [envelopeOf('alice', 'a'), envelopeOf('alice', 'b')];
      await store.append([a, b], NOW);
      await store.ack(ALICE, [a.hash]);
      expect(await heldIn(store, ALICE)).toEqual([hex(b.hash)]);
      expect(await heldIn(await reopen(), ALICE)).toEqual([hex(b.hash)]);
    });

    test('take an acknowledgement again and of anything unknown, and never remove another envelope for it', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      await store.openMailbox(BOB, LATER, NOW);
      const first = envelopeOf('alice', 'first');
      await store.append([first], NOW);
      await store.ack(ALICE, [first.hash, first.hash]);
      // Whatever place the first one had is free now, and may be used again.
      const others = Array.from({ length: 5 }, (_, i) => envelopeOf('alice', `other ${i}`));
      await store.append([...others, envelopeOf('bob', 'first')], NOW);
      for await (const opened of bothLives({ store, reopen })) {
        await opened.ack(ALICE, [first.hash, named('unknown')]);
        await opened.ack(named('nobody'), [first.hash]);
        await opened.ack(BOB, []);
        expect(await heldIn(opened, ALICE)).toEqual(others.map(({ hash }) => hex(hash)));
        expect(await heldIn(opened, BOB)).toEqual([hex(first.hash)]);
      }
    });

    test('hide what expired before it is purged, and take it anew', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const [short, long] = [envelopeOf('alice', 'short', NOW + HOUR), envelopeOf('alice', 'long', NOW + 2 * HOUR)];
      await store.append([short, long], NOW);
      expect(await heldIn(store, ALICE, NOW + HOUR - 1)).toHaveLength(2);
      expect(await heldIn(store, ALICE, NOW + HOUR)).toEqual([hex(long.hash)]);
      expect((await store.exportMailbox(ALICE, 0, 9, NOW + HOUR)).items.map(({ hash }) => hex(hash))).toEqual([
        hex(long.hash),
      ]);
      expect(await store.append([{ ...short, expiresAt: NOW + 3 * HOUR }, long], NOW + HOUR)).toEqual([
        'stored',
        'duplicate',
      ]);
      expect(await heldIn(store, ALICE, NOW + HOUR)).toEqual([hex(long.hash), hex(short.hash)]);
      expect((await store.totals()).envelopes).toBe(2);
    });

    test('are gone with all they hold once they expired, and come back empty', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, NOW + HOUR, NOW);
      const item = envelopeOf('alice', 'a', NOW + WEEK);
      await store.append([item], NOW);
      const after = NOW + HOUR;
      expect(await store.hasMailbox(ALICE, after)).toBe(false);
      expect(await store.mailboxExpiry(ALICE, after)).toBeUndefined();
      expect(await heldIn(store, ALICE, after)).toEqual([]);
      expect(await store.exportMailbox(ALICE, 0, 9, after)).toEqual({ items: [], next: undefined });
      expect(await store.append([item], after)).toEqual(['gone']);
      expect(await store.openMailbox(ALICE, NOW + WEEK, after)).toBe('opened');
      expect(await heldIn(store, ALICE, after)).toEqual([]);
      expect(await store.append([item], after)).toEqual(['stored']);
    });

    test('answer like ones that never were once removed', async () => {
      const { store, reopen } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const item = envelopeOf('alice', 'a');
      await store.append([item], NOW);
      expect(await store.removeMailbox(ALICE)).toBe(true);
      for await (const opened of bothLives({ store, reopen })) {
        for (const mailbox of ['alice', 'never']) {
          expect(await opened.removeMailbox(named(mailbox))).toBe(false);
          expect(await opened.hasMailbox(named(mailbox), NOW)).toBe(false);
          expect(await opened.mailboxExpiry(named(mailbox), NOW)).toBeUndefined();
          expect(await heldIn(opened, named(mailbox))).toEqual([]);
          expect(await opened.exportMailbox(named(mailbox), 0, 9, NOW)).toEqual({ items: [], next: undefined });
          expect(await opened.append([{ ...item, mailbox: named(mailbox) }], NOW)).toEqual(['gone']);
          expect(await opened.ack(named(mailbox), [item.hash])).toBeUndefined();
        }
        expect(await opened.totals()).toMatchObject({ mailboxes: 0, envelopes: 0, envelopeBytes: 0 });
      }
      const reopened = await reopen();
      expect(await reopened.openMailbox(ALICE, LATER, NOW)).toBe('opened');
      expect(await heldIn(reopened, ALICE)).toEqual([]);
    });

    test('are exported page by page, oldest first, each envelope once, even if some go in between', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, LATER, NOW);
      const items = Array.from({ length: 7 }, (_, i) => envelopeOf('alice', `${i}`));
      await store.append(items, NOW);
      const seen: string[] = [];
      let after: number | undefined = 0;
      for (let page = 0; after !== undefined; page += 1) {
        const { items: found, next } = await store.exportMailbox(ALICE, after, 3, NOW);
        expect(found).toHaveLength(page < 2 ? 3 : 1);
        seen.push(...found.map(({ hash }) => hex(hash)));
        // What was exported may go; the rest of the pages are not moved by it.
        await store.ack(
          ALICE,
          found.slice(0, 1).map(({ hash }) => hash),
        );
        after = next;
      }
      expect(seen).toEqual(items.map(({ hash }) => hex(hash)));
    });
  });
}
