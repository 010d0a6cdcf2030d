import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PieceFiles } from '../../src/store/sqlite/piece-files.ts';
import { temporaryFolder } from './folders.ts';
import { HOUR, inBlocks, pieceOf } from './samples.ts';

test('a piece finds its folder, while the last one there goes', async () => {
  const root = temporaryFolder();
  const [pieces, incoming] = [path.join(root, 'pieces'), path.join(root, 'incoming')];
  mkdirSync(pieces);
  mkdirSync(incoming);
  const files = new PieceFiles({ root, database: '', pieces, incoming });
  const [first, second] = [pieceOf('first'), pieceOf('second')];
  for (let i = 0; i < 200; i += 1) {
    const [a, b] = i % 2 === 0 ? [first, second] : [second, first];
    const file = await files.receive(a.size, a.expiresAt, inBlocks(a.bytes, a.size));
    await Promise.all([files.place(file, a), files.remove(b)]);
    expect(readdirSync(path.join(pieces, String(a.expiresAt / HOUR)))).toHaveLength(1);
  }
});
