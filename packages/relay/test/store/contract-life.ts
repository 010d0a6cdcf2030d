import { describe, expect, test } from 'vitest';
import type { RelayStore } from '../../src/store/relay-store.ts';
import type { Backend } from './backend.ts';
import { cardOf, collect, envelopeOf, inBlocks, NOW, named, pieceOf, WEEK } from './samples.ts';

const ALICE = named('alice');
const piece = pieceOf('a');

/** Every call of the interface but `close`. */
const CALLS: Record<Exclude<keyof RelayStore, 'close' | 'failed'>, (store: RelayStore) => Promise<unknown>> = {
  openMailbox: (store) => store.openMailbox(ALICE, NOW + WEEK, NOW),
  hasMailbox: (store) => store.hasMailbox(ALICE, NOW),
  append: (store) => store.append([envelopeOf('alice', 'late')], NOW),
  read: (store) => store.read(ALICE, { limit: 1, exclude: new Set(), now: NOW }),
  ack: (store) => store.ack(ALICE, [named('x')]),
  removeMailbox: (store) => store.removeMailbox(ALICE),
  exportMailbox: (store) => store.exportMailbox(ALICE, 0, 1, NOW),
  mailboxExpiry: (store) => store.mailboxExpiry(ALICE, NOW),
  putCard: (store) => store.putCard(cardOf('c', 'o', 1), NOW),
  addPrekeys: (store) => store.addPrekeys(named('c'), named('o'), [], NOW),
  getCard: (store) => store.getCard(named('c'), NOW),
  takePrekey: (store) => store.takePrekey(named('c'), NOW),
  removeCard: (store) => store.removeCard(named('c'), named('o')),
  exportCard: (store) => store.exportCard(named('c'), named('o'), 0, 1, NOW),
  putPiece: (store) => store.putPiece(pieceOf('late'), inBlocks(piece.bytes), NOW),
  getPiece: (store) => store.getPiece(piece.piece, NOW),
  removePiece: (store) => store.removePiece(piece.piece, piece.deleteHash),
  purge: (store) => store.purge({ now: NOW, maxItems: 1 }),
  checkpoint: (store) => store.checkpoint(),
  totals: (store) => store.totals(),
};

const short = new Uint8Array(31);

/** Mistakes of a caller. */
const WRONG: Record<string, (store: RelayStore) => Promise<unknown>> = {
  'a short mailbox': (store) => store.openMailbox(short, NOW + WEEK, NOW),
  'a mailbox as text': (store) => store.hasMailbox('../../etc/passwd' as unknown as Uint8Array, NOW),
  'a fractional time': (store) => store.openMailbox(ALICE, NOW + 0.5, NOW),
  'a time that is no number': (store) => store.hasMailbox(ALICE, Number.NaN),
  'a negative time': (store) => store.hasMailbox(ALICE, -1),
  'a short hash among good ones': (store) =>
    store.append([envelopeOf('alice', 'good'), { ...envelopeOf('alice', 'bad'), hash: short }], NOW),
  'an envelope that is text': (store) =>
    store.append([{ ...envelopeOf('alice', 'bad'), envelope: 'text' as unknown as Uint8Array }], NOW),
  'a limit below zero': (store) => store.read(ALICE, { limit: -1, exclude: new Set(), now: NOW }),
  'an acknowledgement that is too short': (store) => store.ack(ALICE, [short]),
  'a page of nothing': (store) => store.exportMailbox(ALICE, 0, 0, NOW),
  'a step of nothing': (store) => store.purge({ now: NOW, maxItems: 0 }),
  'a short piece': (store) => store.putPiece({ ...piece, piece: short }, inBlocks(piece.bytes), NOW),
  'a piece by its path': (store) => store.getPiece('../x' as unknown as Uint8Array, NOW),
};

export function lifeContract(backend: Backend): void {
  describe('life', () => {
    test('after close every call says so, and closing again is harmless', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, NOW + WEEK, NOW);
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
      const found = await store.getPiece(piece.piece, NOW);
      await store.close();
      for (const [name, call] of Object.entries(CALLS)) {
        await expect(call(store), name).rejects.toMatchObject({ code: 'CLOSED' });
      }
      await expect(collect(found?.read(0, 1) ?? [])).rejects.toMatchObject({ code: 'CLOSED' });
      await store.close();
      // To close is not to fail.
      expect(await Promise.race([store.failed, 'pending'])).toBe('pending');
    });

    test('what is under way when it closes finishes or says so', async () => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, NOW + WEEK, NOW);
      const appends = Array.from({ length: 50 }, (_, i) => store.append([envelopeOf('alice', `${i}`)], NOW));
      async function* slowly() {
        yield piece.bytes.subarray(0, 1);
        await store.close();
        yield piece.bytes.subarray(1);
      }
      const upload = store.putPiece(piece, slowly(), NOW);
      await expect(upload).rejects.toMatchObject({ code: 'CLOSED' });
      expect((await Promise.all(appends)).flat()).toEqual(appends.map(() => 'stored'));
    });

    test.each(Object.keys(WRONG))('%s rejects and changes nothing', async (mistake) => {
      const { store } = await backend.create();
      await store.openMailbox(ALICE, NOW + WEEK, NOW);
      const before = await store.totals();
      await expect((WRONG[mistake] as (store: RelayStore) => Promise<unknown>)(store)).rejects.toThrow(
        /hash|whole number|Uint8Array/,
      );
      expect(await store.totals()).toEqual(before);
    });
  });
}
