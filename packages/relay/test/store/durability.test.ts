import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { heldIn } from './contract-mailboxes.ts';
import { ask, openIn, temporaryFolder } from './folders.ts';
import { collect, hex, NOW, named, pieceOf, sha256 } from './samples.ts';
import { BOXES, boxOf, itemOf } from './victim-items.ts';

const ROUNDS = 20;
/** The victim lives for a random time between these, in lines that it says. */
const [MIN_LINES, MAX_LINES] = [20, 1000];

const victim = fileURLToPath(new URL('./victim.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A process that stores in `folder` from item `from` on, and says what became durable. */
function start(folder: string, from: number): ChildProcess {
  const child = spawn(process.execPath, ['--import', loader, victim, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Kills it at a random moment, and gives everything it had said. */
async function linesUntilKilled(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  const end = MIN_LINES + Math.floor(Math.random() * (MAX_LINES - MIN_LINES));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    lines.push(line);
    if (lines.length === end) {
      // From outside, and not by its own choice: whatever it is doing right now is cut.
      setTimeout(() => child.kill('SIGKILL'), Math.random() * 5);
    }
  }
  return lines;
}

test(`what was answered survives kill -9, exactly once and in order, ${ROUNDS} times`, {
  timeout: 300_000,
}, async () => {
  const folder = path.join(temporaryFolder(), 'data');
  const promised = Array.from({ length: BOXES }, (): string[] => []);
  const pieces = new Set<string>();
  const gone = new Set<string>();
  let from = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = start(folder, from);
    const [lines] = await Promise.all([linesUntilKilled(child), once(child, 'exit')]);
    const fresh = new Set<string>();
    for (const line of lines) {
      const [what, i] = line.split(' ') as [string, string];
      if (what === 'stored') {
        promised[boxOf(Number(i))]?.push(hex(itemOf(Number(i)).hash));
      } else if (what === 'acked') {
        gone.add(hex(itemOf(Number(i)).hash));
      } else if (what === 'piece') {
        pieces.add(i);
        fresh.add(i);
      }
      from = Math.max(from, Number(i) + 1);
    }
    // Items after the last one that was answered may be there too, whole: the next round must not store them again.
    from += 1000;

    const store = await openIn(folder, { envelopesPerMailbox: 1_000_000 });
    for (const [box, expected] of promised.entries()) {
      const held = await heldIn(store, named(`box ${box}`));
      expect(new Set(held).size).toBe(held.length);
      if (box === BOXES - 1) {
        expect(held.filter((hash) => gone.has(hash))).toEqual([]);
      } else {
        const answered = new Set(expected);
        expect(held.filter((hash) => answered.has(hash))).toEqual(expected);
      }
    }
    // All of them only in the end: that is much to read.
    for (const label of round === ROUNDS - 1 ? pieces : fresh) {
      const piece = pieceOf(label);
      const found = await store.getPiece(piece.piece, NOW);
      expect(Buffer.compare(await collect(found?.read(0, piece.size) ?? []), piece.bytes)).toBe(0);
    }
    // What was not answered may be there too: then it is whole.
    const [newest] = (await store.read(named('box 0'), { limit: 100_000, exclude: new Set(), now: NOW })).slice(-1);
    expect(newest?.hash).toEqual(sha256(newest?.envelope ?? new Uint8Array()));
    await store.close();
    expect(await ask(path.join(folder, 'relay.sqlite'), 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  }
  expect(promised.flat().length).toBeGreaterThan(ROUNDS * MIN_LINES);
  expect(pieces.size).toBeGreaterThan(0);
  expect(gone.size).toBeGreaterThan(0);
});
