/**
 * How fast the durable store is: appends with 1, 50 and 500 callers on an empty and on a full store, and purges with
 * the longest pause they make for the main thread and for appends that go on meanwhile.
 *
 *   npx tsx packages/relay/bench/store.ts [--rows 1000000] [--folder <dir>] [--seconds 5] [--json <file>]
 *
 * The folder should be on the disk that is to be measured, not in memory.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { EnvelopeItem, RelayStore } from '../src/store/relay-store.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';

const HOUR = 3600;
const WEEK = 7 * 24 * HOUR;
const NOW = 1_800_000_000;
/** Rows for each mailbox when the store is full. */
const ROWS_PER_MAILBOX = 20;
const ENVELOPE = 4096;
const PURGES = [1_000, 10_000, 100_000];

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    folder: { type: 'string' },
    json: { type: 'string' },
  },
});
const rows = Number(options.rows);
const parent = options.folder ?? mkdtempSync(path.join(os.tmpdir(), 'relay-bench-'));
const folder = path.join(parent, 'store');
const limits = {
  envelopesPerMailbox: 1e9,
  bytesPerMailbox: 1e15,
  mailboxes: 1e9,
  envelopeBytes: 1e15,
  cards: 1e9,
  prekeysPerCard: 200,
  pieceBytes: 1e15,
};
const mailboxes = Array.from({ length: Math.max(1000, rows / ROWS_PER_MAILBOX) }, (_, i) => hash(`mailbox ${i}`));
const results: Record<string, string | number>[] = [];
let made = 0;

function hash(input: string | Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(input).digest());
}

/** Random names, like those of envelopes; the body's content does not matter to a store. */
function item(expiresAt: number): EnvelopeItem {
  made += 1;
  const envelope = new Uint8Array(ENVELOPE);
  crypto.getRandomValues(envelope.subarray(0, 64));
  const mailbox = mailboxes[Math.floor(Math.random() * mailboxes.length)] as Uint8Array;
  return { mailbox, hash: new Uint8Array(randomBytes(32)), envelope, expiresAt };
}

/** Most of a relay's envelopes have the default life, so that they expire in the order in which they came. */
function expiry(): number {
  return NOW + WEEK + Math.floor(made / (1_000_000 / 168)) * HOUR;
}

async function open(): Promise<RelayStore> {
  const start = performance.now();
  const store = await openSqliteStore({ folder, limits });
  report('open', { ms: performance.now() - start, rows: (await store.totals()).envelopes });
  return store;
}

function report(what: string, numbers: Record<string, number>): void {
  const shown = Object.entries(numbers).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`);
  console.log(`${what.padEnd(44)} ${shown.join('  ')}`);
  results.push({ what, ...numbers });
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** `callers` at once, each with one envelope in flight, as connections do. */
async function appends(store: RelayStore, callers: number, what: string): Promise<void> {
  const end = performance.now() + Number(options.seconds) * 1000;
  const latencies: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const caller = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      const [result] = await store.append([item(expiry())], NOW);
      if (result !== 'stored') {
        throw new Error(`an envelope is ${result}`);
      }
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  latencies.sort((a, b) => a - b);
  report(`append, ${callers} callers, ${what}`, {
    'per s': latencies.length / seconds,
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
    'max ms': latencies.at(-1) ?? 0,
    'loop max ms': delay.max / 1e6,
    'cpu µs each': cpuSince(cpu) / latencies.length,
  });
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** `perSecond` appends, however long each takes: what a relay sees that is not overloaded. */
async function steady(store: RelayStore, perSecond: number, what: string): Promise<void> {
  // The log that is left from an overload is not this load's.
  await store.checkpoint();
  const latencies: number[] = [];
  const start = performance.now();
  const pending: Promise<void>[] = [];
  const append = async () => {
    const began = performance.now();
    await store.append([item(expiry())], NOW);
    latencies.push(performance.now() - began);
  };
  for (let sent = 0; performance.now() - start < Number(options.seconds) * 1000; ) {
    const due = Math.floor(((performance.now() - start) * perSecond) / 1000);
    for (; sent < due; sent += 1) {
      pending.push(append());
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  latencies.sort((a, b) => a - b);
  report(`append, ${perSecond} per s, ${what}`, {
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
    'max ms': latencies.at(-1) ?? 0,
  });
}

async function fill(store: RelayStore, until: number): Promise<void> {
  const start = performance.now();
  const before = (await store.totals()).envelopes;
  for (let held = before; held < until; ) {
    const groups = Array.from({ length: 8 }, () => Array.from({ length: 250 }, () => item(expiry())));
    await Promise.all(groups.map((group) => store.append(group, NOW)));
    held += 2000;
  }
  const { envelopes } = await store.totals();
  report(`fill to ${envelopes} rows`, { 'per s': ((envelopes - before) / (performance.now() - start)) * 1000 });
}

/** Purges `count` expired rows while one caller appends; with the pauses that both notice. */
async function purge(store: RelayStore, count: number): Promise<void> {
  // Expired, but mixed in its tree with nothing else: a relay's expire by the hour.
  for (let i = 0; i < count; i += 500) {
    await store.append(
      Array.from({ length: 500 }, () => item(NOW + HOUR)),
      NOW,
    );
  }
  await store.checkpoint();
  const { envelopes } = await store.totals();
  let isDone = false;
  const waits: number[] = [];
  const others = (async () => {
    while (!isDone) {
      const began = performance.now();
      await store.append([item(expiry())], NOW);
      waits.push(performance.now() - began);
    }
  })();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const { removed } = await store.purge({ now: NOW + HOUR, maxItems: Number.MAX_SAFE_INTEGER });
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  isDone = true;
  await others;
  waits.sort((a, b) => a - b);
  report(`purge ${removed} of ${envelopes}`, {
    seconds,
    'per s': removed / seconds,
    'loop max ms': delay.max / 1e6,
    'append p50 ms': percentile(waits, 0.5),
    'append p99 ms': percentile(waits, 0.99),
    'append max ms': waits.at(-1) ?? 0,
  });
}

try {
  console.log(`node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}, ${folder}`);
  let store = await open();
  for (let at = 0; at < mailboxes.length; at += 1000) {
    await Promise.all(
      mailboxes.slice(at, at + 1000).map((mailbox) => store.openMailbox(mailbox, NOW + 20 * WEEK, NOW)),
    );
  }
  for (const callers of [1, 50, 500]) {
    await appends(store, callers, 'empty');
  }
  await steady(store, 5_000, 'empty');
  await fill(store, rows);
  await store.close();
  store = await open();
  for (const callers of [1, 50, 500]) {
    await appends(store, callers, `${rows} rows`);
  }
  await steady(store, 5_000, `${rows} rows`);
  for (const count of PURGES.filter((each) => each <= rows)) {
    await purge(store, count);
  }
  const idle = performance.now();
  await store.purge({ now: NOW, maxItems: 100 });
  report('purge of nothing', { ms: performance.now() - idle });
  await store.close();
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify(results, undefined, 2));
  }
} finally {
  rmSync(options.folder === undefined ? parent : folder, { recursive: true, force: true });
}
