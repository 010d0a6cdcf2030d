/**
 * How fast the durable store of a device is: batches with 1, 10 and 100 callers, reads, and how long it takes to open
 * and to empty the log, on an empty and on a full store.
 *
 *   node --conditions=@secret-chat/source --import=tsx packages/client/bench/store.ts
 *     [--records 100000] [--folder <dir>] [--seconds 3] [--json <file>]
 *
 * The folder should be on the disk that is to be measured, not in memory.
 *
 * @module
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Clock } from '../src/effects.ts';
import { openSqliteStore } from '../src/node/sqlite-store.ts';
import type { Batch, Store, StoredRecord } from '../src/store/store.ts';

const NAME_SIZE = 24;
const FAMILY_SIZE = 16;
const CHATS = 200;
/** Sealed: a wrapped key, a text, a chat's row and its ratchet. */
const [KEY, TEXT, ROW, RATCHET] = [73, 250, 400, 8000];
const RANGE = 50;
const READS = 20_000;
const CALLERS = [1, 10, 100];

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '3' },
    folder: { type: 'string' },
    json: { type: 'string' },
  },
});
const records = Number(options.records);
const parent = options.folder ?? mkdtempSync(path.join(os.tmpdir(), 'client-bench-'));
const folder = path.join(parent, 'store');
const results: Record<string, string | number>[] = [];
const content = crypto.getRandomValues(new Uint8Array(32_768));
const families = Array.from({ length: 4 * CHATS }, () => crypto.getRandomValues(new Uint8Array(FAMILY_SIZE)));
const messages = new Array<number>(CHATS).fill(0);

/** Its one timer runs when it is told to, so that it does not come in between what is measured; unless the log is long. */
class StoppedClock implements Clock {
  #run: (() => void) | undefined;
  /** Milliseconds for which each long log stopped everything else. */
  readonly pauses: number[] = [];

  wallMs(): number {
    return Date.now();
  }

  /** Long after whatever was before. */
  monotonicMs(): number {
    return performance.now() * 1e6;
  }

  after(ms: number, run: () => void): () => void {
    this.#run = run;
    if (ms === 0) {
      setImmediate(() => {
        const start = performance.now();
        this.ring();
        this.pauses.push(performance.now() - start);
      });
    }
    return () => undefined;
  }

  ring(): void {
    this.#run?.();
    this.#run = undefined;
  }
}

const clock = new StoppedClock();

function nameOf(kind: number, chat: number, position: number): Uint8Array {
  const name = new Uint8Array(NAME_SIZE);
  name.set(families[4 * chat + kind] as Uint8Array);
  new DataView(name.buffer).setBigUint64(FAMILY_SIZE, BigInt(position));
  return name;
}

function recordOf(kind: number, chat: number, position: number, size: number): StoredRecord {
  const start = Math.floor(Math.random() * (content.length - size));
  return { name: nameOf(kind, chat, position), value: content.subarray(start, start + size) };
}

function anyChat(): number {
  return Math.floor(Math.random() * CHATS);
}

/** What a message writes: its key, its content, and what changes of its chat. */
function messageBatch(): Batch {
  const chat = anyChat();
  const n = messages[chat] as number;
  messages[chat] = n + 1;
  const put = [
    recordOf(0, chat, n, KEY),
    recordOf(1, chat, n, TEXT),
    recordOf(2, chat, 0, ROW),
    recordOf(3, chat, 0, RATCHET + (n % 500)),
  ];
  return { put };
}

function report(what: string, numbers: Record<string, number>): void {
  const shown = Object.entries(numbers).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`);
  console.log(`${what.padEnd(36)} ${shown.join('  ')}`);
  results.push({ what, ...numbers });
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** `callers` at once, each with one batch in flight. */
async function batches(store: Store, callers: number, what: string): Promise<void> {
  const start = performance.now();
  const end = start + Number(options.seconds) * 1000;
  const latencies: number[] = [];
  const caller = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      await store.batch(messageBatch());
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const pauses = clock.pauses.splice(0).sort((a, b) => a - b);
  clock.ring();
  report(`batches, ${callers} callers, ${what}`, {
    'per s': latencies.length / seconds,
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
    'max ms': latencies.at(-1) ?? 0,
    'log emptied per s': pauses.length / seconds,
    'in p50 ms': percentile(pauses, 0.5),
    'max pause ms': pauses.at(-1) ?? 0,
  });
}

/** A message now and then: with the log emptied after each, as it is when nothing follows. */
async function alone(store: Store, what: string): Promise<void> {
  const commits: number[] = [];
  const emptied: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const began = performance.now();
    await store.batch(messageBatch());
    const committed = performance.now();
    clock.ring();
    commits.push(committed - began);
    emptied.push(performance.now() - committed);
  }
  for (const times of [commits, emptied]) {
    times.sort((a, b) => a - b);
  }
  report(`a batch alone, ${what}`, {
    'p50 ms': percentile(commits, 0.5),
    'emptied in p50 ms': percentile(emptied, 0.5),
    'p99 ms': percentile(emptied, 0.99),
  });
}

async function reads(store: Store, what: string): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < READS; i += 1) {
    const chat = anyChat();
    await store.get(nameOf(1, chat, Math.floor(Math.random() * (messages[chat] as number))));
  }
  report(`get, ${what}`, { 'µs each': ((performance.now() - start) * 1000) / READS });
  const ranges = READS / 10;
  const began = performance.now();
  for (let i = 0; i < ranges; i += 1) {
    const chat = anyChat();
    const last = messages[chat] as number;
    await store.range({ from: nameOf(1, chat, 0), to: nameOf(1, chat, last), limit: RANGE, reverse: true });
  }
  report(`range of ${RANGE}, ${what}`, { 'µs each': ((performance.now() - began) * 1000) / ranges });
}

async function fill(store: Store): Promise<void> {
  const start = performance.now();
  let made = messages.reduce((sum, n) => sum + n, 0) * 2;
  while (made < records) {
    await Promise.all(Array.from({ length: 100 }, () => store.batch(messageBatch())));
    made += 200;
    clock.ring();
  }
  report(`fill to ${made} records`, { s: (performance.now() - start) / 1000 });
}

async function open(what: string): Promise<Store> {
  const start = performance.now();
  const store = await openSqliteStore(folder, { clock });
  report(`open, ${what}`, { ms: performance.now() - start });
  return store;
}

async function close(store: Store, what: string): Promise<void> {
  const start = performance.now();
  await store.close();
  const { size } = statSync(path.join(folder, 'store.sqlite'));
  report(`close, ${what}`, { ms: performance.now() - start, 'file MiB': size / 1024 / 1024 });
}

try {
  console.log(`node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, ${folder}`);
  let store = await open('new');
  await alone(store, 'empty');
  for (const callers of CALLERS) {
    await batches(store, callers, 'empty');
  }
  await fill(store);
  await close(store, 'full');
  store = await open('full');
  await alone(store, 'full');
  for (const callers of CALLERS) {
    await batches(store, callers, 'full');
  }
  await reads(store, 'full');
  await close(store, 'full');
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify(results, undefined, 2));
  }
} finally {
  rmSync(options.folder === undefined ? parent : folder, { recursive: true, force: true });
}
