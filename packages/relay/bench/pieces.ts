/**
 * How fast the durable store takes pieces of 1 MiB, with 4 and 16 uploads in flight, without HTTP and without a client;
 * beside it what the disk alone can do. With `--against`, two stores in turns: figures of one sitting can be compared.
 *
 *   npx tsx --conditions=@secret-chat/source packages/relay/bench/pieces.ts [--runs 5] [--pieces 256] [--folder <dir>]
 *     [--hours 25] [--against <src of another packages/relay>]
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { measureDisk } from './disk.ts';

const HOUR = 3600;
const NOW = 1_800_000_000;
const PIECE = 1_048_576;
/** As the network brings it. */
const BLOCK = 65_536;
const IN_FLIGHT = [4, 16];

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    pieces: { type: 'string', default: '256' },
    folder: { type: 'string', default: os.tmpdir() },
    /** Clients ask for the life they want and up to a day more, by lot: so many folders are written to in turns. */
    hours: { type: 'string', default: '25' },
    against: { type: 'string' },
  },
});
const runs = Number(options.runs);
const pieces = Number(options.pieces);
const limits = {
  envelopesPerMailbox: 1e9,
  bytesPerMailbox: 1e15,
  mailboxes: 1e9,
  envelopeBytes: 1e15,
  cards: 1e9,
  prekeysPerCard: 200,
  pieceBytes: 1e15,
};
const bytes = randomBytes(PIECE);

type Open = typeof openSqliteStore;

async function* body(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < PIECE; at += BLOCK) {
    yield bytes.subarray(at, at + BLOCK);
  }
}

interface Figures {
  readonly rate: number;
  /** Milliseconds of processor time for each piece, the system's included. */
  readonly cpu: number;
}

/** Runs `once` so many times, `inFlight` at a time. */
async function measure(inFlight: number, once: (i: number) => Promise<void>): Promise<Figures> {
  let next = 0;
  const before = process.cpuUsage();
  const started = performance.now();
  const lane = async () => {
    while (next < pieces) {
      await once(next++);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const { user, system } = process.cpuUsage(before);
  return { rate: (pieces * PIECE) / 1e3 / (performance.now() - started), cpu: (user + system) / 1e3 / pieces };
}

async function inFolder(run: (folder: string) => Promise<Figures>): Promise<Figures> {
  const folder = mkdtempSync(path.join(options.folder, 'relay-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function uploads(openStore: Open, inFlight: number): Promise<Figures> {
  return inFolder(async (folder) => {
    const store = await openStore({ folder: path.join(folder, 'store'), limits });
    try {
      return await measure(inFlight, async () => {
        const expiresAt = NOW + (168 + Math.floor(Math.random() * Number(options.hours))) * HOUR;
        const item = { piece: randomBytes(32), deleteHash: randomBytes(32), size: PIECE, expiresAt };
        const result = await store.putPiece(item, body(), NOW);
        if (result !== 'stored') {
          throw new Error(`a piece is ${result}`);
        }
      });
    } finally {
      await store.close();
    }
  });
}

/** The same bytes into files that are synced, and nothing else: no store can be faster. */
function bareFiles(inFlight: number): Promise<Figures> {
  return inFolder((folder) =>
    measure(inFlight, async (i) => {
      const file = await open(path.join(folder, String(i)), 'wx');
      await file.write(bytes);
      await file.sync();
      await file.close();
    }),
  );
}

/** How long the content of one new file takes, with nothing else going on. */
async function oneFile(): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < 50; i++) {
    const name = path.join(options.folder, `relay-bench-file-${process.pid}`);
    const file = await open(name, 'wx');
    await file.write(bytes);
    const started = performance.now();
    await file.sync();
    samples.push(performance.now() - started);
    await file.close();
    await unlink(name);
  }
  return median(samples);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

const shown = (values: readonly number[]) => values.map((value) => value.toFixed(0)).join(' ');

const stores: [name: string, open: Open][] = [['this store', openSqliteStore]];
if (options.against !== undefined) {
  const file = path.resolve(options.against, 'store/sqlite/sqlite-store.ts');
  const other = (await import(pathToFileURL(file).href)) as { openSqliteStore: Open };
  stores.unshift(['the other store', other.openSqliteStore]);
}

console.log(
  `Node ${process.versions.node}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, ${options.folder}`,
);
for (const inFlight of IN_FLIGHT) {
  const measured = [...stores.map(([name]) => name), 'bare files'].map((name) => ({ name, figures: [] as Figures[] }));
  for (const [, openStore] of stores) {
    await uploads(openStore, inFlight);
  }
  for (let run = 0; run < runs; run++) {
    for (const [i, [, openStore]] of stores.entries()) {
      measured[i]?.figures.push(await uploads(openStore, inFlight));
    }
    measured.at(-1)?.figures.push(await bareFiles(inFlight));
  }
  for (const { name, figures } of measured) {
    const rates = figures.map(({ rate }) => rate);
    const cpu = median(figures.map((each) => each.cpu)).toFixed(2);
    console.log(
      `${inFlight} in flight, ${name.padEnd(16)} median ${median(rates).toFixed(0)} MB/s, ${cpu} ms CPU each (${shown(rates)})`,
    );
  }
  console.log(
    `the disk alone, p50: fsync of 1 MiB ${(await oneFile()).toFixed(2)} ms, fdatasync of 12 KiB ${median(measureDisk(options.folder, 1)).toFixed(2)} ms`,
  );
}
