import { describe, expect, test } from 'vitest';
import { type Backend, bothLives } from './backend.ts';
import { collect, HOUR, inBlocks, NOW, named, pieceOf } from './samples.ts';

async function* broken(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 1000);
  throw new TypeError('connection reset');
}

export function pieceContract(backend: Backend): void {
  describe('pieces', () => {
    test.each([65_536, 1_048_576])(
      'of %d bytes come back exact, whole and in part, after a restart too',
      async (size) => {
        const { store, reopen } = await backend.create();
        const piece = pieceOf('a', size);
        expect(await store.putPiece(piece, inBlocks(piece.bytes), NOW)).toBe('stored');
        for await (const opened of bothLives({ store, reopen })) {
          const found = await opened.getPiece(piece.piece, NOW);
          expect(found).toMatchObject({ size, expiresAt: piece.expiresAt });
          for (const [offset, length] of [
            [0, size],
            [1, size - 2],
            [size - 1, 1],
            [size, 0],
            [0, 0],
          ] as const) {
            const part = await collect(found?.read(offset, length) ?? []);
            expect(Buffer.compare(part, piece.bytes.subarray(offset, offset + length))).toBe(0);
          }
        }
      },
    );

    test('are read within their bounds only', async () => {
      const { store } = await backend.create();
      const piece = pieceOf('a');
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
      const found = await store.getPiece(piece.piece, NOW);
      for (const [offset, length] of [
        [0, 65_537],
        [65_536, 1],
        [-1, 5],
        [0, -1],
        [0.5, 1],
        [0, Number.NaN],
      ] as const) {
        await expect(collect(found?.read(offset, length) ?? [])).rejects.toThrow(RangeError);
      }
    });

    test('are not stored when the body is too short, too long, or breaks off', async () => {
      const { store, reopen } = await backend.create({ pieceBytes: 65_536 });
      const piece = pieceOf('a');
      const tooShort = store.putPiece(piece, inBlocks(piece.bytes.subarray(1)), NOW);
      await expect(tooShort).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
      const tooLong = store.putPiece(piece, inBlocks(new Uint8Array(65_537)), NOW);
      await expect(tooLong).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
      await expect(store.putPiece(piece, broken(piece.bytes), NOW)).rejects.toThrow(TypeError);
      expect(await store.getPiece(piece.piece, NOW)).toBeUndefined();
      expect(await store.totals()).toMatchObject({ pieces: 0, pieceBytes: 0 });
      // Nothing of the budget stays taken.
      const reopened = await reopen();
      expect(await reopened.putPiece(piece, inBlocks(piece.bytes), NOW)).toBe('stored');
    });

    test('stay as they are when put again, with other bytes or another token', async () => {
      const { store } = await backend.create();
      const piece = pieceOf('a');
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
      const other = { ...piece, deleteHash: named('other token'), expiresAt: NOW + 5 * HOUR };
      expect(await store.putPiece(other, inBlocks(new Uint8Array(65_536)), NOW)).toBe('duplicate');
      const found = await store.getPiece(piece.piece, NOW);
      expect(found?.expiresAt).toBe(piece.expiresAt);
      expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), piece.bytes)).toBe(0);
      expect(await store.removePiece(piece.piece, other.deleteHash)).toBe('wrong-token');
    });

    test('put at the same time are stored once, whole', async () => {
      const { store } = await backend.create();
      const [one, two] = [pieceOf('a', 65_536), pieceOf('a', 65_536, NOW + 2 * HOUR)];
      const results = await Promise.all(
        [one, two, one, two].map((each) => store.putPiece(each, inBlocks(each.bytes), NOW)),
      );
      expect(results.sort()).toEqual(['duplicate', 'duplicate', 'duplicate', 'stored']);
      const found = await store.getPiece(one.piece, NOW);
      expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), one.bytes)).toBe(0);
      expect(await store.totals()).toMatchObject({ pieces: 1, pieceBytes: 65_536 });
    });

    test('are removed by their token alone, and answer like ones that never were then', async () => {
      const { store, reopen } = await backend.create();
      const piece = pieceOf('a');
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
      const found = await store.getPiece(piece.piece, NOW);
      expect(await store.removePiece(piece.piece, named('wrong'))).toBe('wrong-token');
      expect(await store.removePiece(piece.piece, piece.deleteHash)).toBe('removed');
      await expect(collect(found?.read(0, 1) ?? [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      for await (const opened of bothLives({ store, reopen })) {
        for (const id of [piece.piece, named('never')]) {
          expect(await opened.getPiece(id, NOW)).toBeUndefined();
          expect(await opened.removePiece(id, piece.deleteHash)).toBe('gone');
        }
        expect(await opened.totals()).toMatchObject({ pieces: 0, pieceBytes: 0 });
      }
      expect(await (await reopen()).putPiece(piece, inBlocks(piece.bytes), NOW)).toBe('stored');
    });

    test('are hidden once expired, before the purge, and taken anew', async () => {
      const { store } = await backend.create();
      const piece = pieceOf('a');
      await store.putPiece(piece, inBlocks(piece.bytes), NOW);
      expect(await store.getPiece(piece.piece, NOW + HOUR)).toBeUndefined();
      const again = { ...piece, expiresAt: NOW + 2 * HOUR, deleteHash: named('new token') };
      expect(await store.putPiece(again, inBlocks(piece.bytes), NOW + HOUR)).toBe('stored');
      const found = await store.getPiece(piece.piece, NOW + HOUR);
      expect(Buffer.compare(await collect(found?.read(0, 65_536) ?? []), piece.bytes)).toBe(0);
      expect(await store.totals()).toMatchObject({ pieces: 1, pieceBytes: 65_536 });
      expect(await store.removePiece(piece.piece, again.deleteHash)).toBe('removed');
    });
  });
}
