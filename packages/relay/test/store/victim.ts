/**
 * The program that `durability.test.ts` kills: stores without end, and says on stdout what was answered.
 *
 * Arguments: folder, number of the first item.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import process from 'node:process';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { inBlocks, NOW, named, pieceOf, WEEK, WIDE } from './samples.ts';
import { BOXES, boxOf, itemOf } from './victim-items.ts';

/** Unanswered at the same time. */
const WINDOW = 60;
const PIECE_EVERY = 20;
const CHECKPOINT_EVERY = 70;

const [folder, first] = process.argv.slice(2) as [string, string];
const store = await openSqliteStore({ folder, limits: { ...WIDE, envelopesPerMailbox: 1_000_000 } });
for (let box = 0; box < BOXES; box += 1) {
  await store.openMailbox(named(`box ${box}`), NOW + WEEK, NOW);
}

function say(what: string, i: number): void {
  writeSync(1, `${what} ${i}\n`);
}

async function keep(i: number): Promise<void> {
  const item = itemOf(i);
  const [result] = await store.append([item], NOW);
  if (result !== 'stored') {
    throw new Error(`item ${i} is ${result}`);
  }
  say('stored', i);
  if (boxOf(i) === BOXES - 1) {
    await store.ack(item.mailbox, [item.hash]);
    say('acked', i);
  }
  if (i % CHECKPOINT_EVERY === 0) {
    await store.checkpoint();
  }
  if (i % PIECE_EVERY === 0) {
    const piece = pieceOf(`${i}`, 65_536, NOW + WEEK);
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
    say('piece', i);
  }
}

const window = new Set<Promise<void>>();
for (let i = Number(first); ; i += 1) {
  const kept: Promise<void> = keep(i).finally(() => window.delete(kept));
  window.add(kept);
  if (window.size >= WINDOW) {
    await Promise.race(window);
  }
}
