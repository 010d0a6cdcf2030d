import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PieceFiles } from '../../src/store/sqlite/piece-files.ts';
import { temporaryFolder } from './folders.ts';
import { HOUR, inBlocks, pieceOf } from './samples.ts';

function open(): { readonly files: PieceFiles; readonly pieces: string; readonly incoming: string } {
  const root = temporaryFolder();
  const [pieces, incoming] = [path.join(root, 'pieces'), path.join(root, 'incoming')];
  mkdirSync(pieces);
  mkdirSync(incoming);
  return { files: new PieceFiles({ root, database: '', pieces, incoming }), pieces, incoming };
}

/** Every byte says where it is, nearly. */
function counted(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

test.each([1, 7, 1000, 65_536, 200_000, 262_144, 1_048_576])(
  'a body in blocks of %i bytes is stored as it came',
  async (block) => {
    const { files } = open();
    const bytes = counted(block === 1 ? 5_000 : 1_048_576);
    async function* body() {
      for (let at = 0; at < bytes.length; at += block) {
        yield new Uint8Array(0);
        yield bytes.slice(at, at + block);
      }
    }
    const received = await files.receive(bytes.length, HOUR, body());
    expect(readFileSync(received.path).equals(bytes)).toBe(true);
    const place = { piece: pieceOf('any').piece, size: bytes.length, expiresAt: HOUR };
    await files.place(received, place);
    for (const [offset, length] of [
      [0, bytes.length],
      [1, 1],
      [bytes.length - 1, 1],
      [4_000, Math.min(600_000, bytes.length - 4_000)],
    ] as const) {
      const blocks: Uint8Array[] = [];
      for await (const read of files.read(place, offset, length)) {
        blocks.push(read);
      }
      expect(Buffer.concat(blocks).equals(bytes.subarray(offset, offset + length))).toBe(true);
    }
  },
);

test('a body that is too long, too short or breaks off leaves nothing', async () => {
  const { files, incoming } = open();
  async function* body(size: number, error?: Error) {
    yield counted(size);
    if (error !== undefined) {
      throw error;
    }
  }
  await expect(files.receive(300_000, HOUR, body(300_001))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  await expect(files.receive(300_000, HOUR, body(299_999))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
  await expect(files.receive(300_000, HOUR, body(300_000, new Error('gone')))).rejects.toThrow('gone');
  expect(readdirSync(incoming)).toEqual([]);
});

test('reading may stop early', async () => {
  const { files } = open();
  const bytes = counted(1_048_576);
  const place = { piece: pieceOf('any').piece, size: bytes.length, expiresAt: HOUR };
  await files.place(await files.receive(bytes.length, HOUR, inBlocks(bytes, bytes.length)), place);
  for await (const block of files.read(place, 0, bytes.length)) {
    expect(Buffer.from(bytes.subarray(0, block.length)).equals(block)).toBe(true);
    break;
  }
});

test('a piece finds its folder, while the last one there goes', async () => {
  const { files, pieces } = open();
  const [first, second] = [pieceOf('first'), pieceOf('second')];
  for (let i = 0; i < 200; i += 1) {
    const [a, b] = i % 2 === 0 ? [first, second] : [second, first];
    const file = await files.receive(a.size, a.expiresAt, inBlocks(a.bytes, a.size));
    await Promise.all([files.place(file, a), files.remove(b)]);
    expect(readdirSync(path.join(pieces, String(a.expiresAt / HOUR)))).toHaveLength(1);
  }
});
