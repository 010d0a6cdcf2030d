/**
 * Benchmark of a whole relay: the relay in a process of its own, the load in this one.
 *
 * `npm run bench:relay -- --help`
 */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { piecePath, toHex } from '@secret-chat/wire';
import { Command } from 'commander';
import { measureDisk } from './disk.ts';
import { Load, newMailbox } from './load.ts';

interface Options {
  readonly seconds: string;
  readonly memory?: boolean;
  readonly folder?: string;
  readonly json?: string;
  readonly only?: string;
}

const options = new Command('bench:relay')
  .option('--seconds <n>', 'of each measurement', '5')
  .option('--memory', 'a relay without a folder, to see what the disk costs')
  .option('--folder <folder>', 'where the store is made; by default the temporary folder of the system')
  .option('--only <name>', 'puts, cycles, latency, idle or pieces')
  .option('--json <file>', 'writes the results there too')
  .parse()
  .opts<Options>();

const SECONDS = Number(options.seconds);
const WARM_UP_SECONDS = 1;
/** A tail is made by the worst moments: those in which both programs are still being compiled are not meant. */
const LATENCY_WARM_UP_SECONDS = 3;
const IDLE_CONNECTIONS = 5_000;
const PIECE = 1_048_576;
const PIECES_IN_FLIGHT = 8;
const results: Record<string, number> = {};

interface Running {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** With limits that one machine alone cannot live within. */
async function startProgram(): Promise<Running> {
  const folder = options.memory ? undefined : mkdtempSync(join(options.folder ?? os.tmpdir(), 'secret-chat-bench-'));
  const program = fileURLToPath(new URL('../src/program.ts', import.meta.url));
  const many = '100000000';
  const limits = ['puts-per-second', 'frames-per-second', 'mailboxes-per-hour', 'envelopes-per-mailbox'];
  const args = [
    '--port',
    '0',
    '--connections-per-network',
    '20000',
    '--piece-share',
    '1',
    '--envelope-bytes',
    '100000000000',
    '--envelope-share',
    '1',
    '--bytes-per-mailbox',
    '100000000000',
  ];
  const child = spawn(
    process.execPath,
    [
      '--conditions=@secret-chat/source',
      '--import=tsx',
      program,
      ...args,
      ...limits.flatMap((name) => [`--${name}`, many]),
      ...(folder === undefined ? [] : ['--data', folder]),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  while (!said.includes('relay started: ')) {
    const [data] = await once(child.stdout, 'data');
    said += data;
  }
  const url = /relay started: (\S+)/.exec(said)?.[1] as string;
  return {
    url,
    pid: child.pid as number,
    async stop() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      if (folder !== undefined) {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** Counts what `tick` is called for, after a warm-up. */
async function rate(start: (tick: () => void) => void): Promise<number> {
  let count = 0;
  start(() => {
    count++;
  });
  await sleep(WARM_UP_SECONDS * 1000);
  const [from, before] = [performance.now(), count];
  await sleep(SECONDS * 1000);
  return ((count - before) / (performance.now() - from)) * 1000;
}

async function durablePuts(url: string, connections: number, inFlight: number): Promise<number> {
  const mailbox = newMailbox();
  const loads = await connectAll(url, connections);
  const [first] = loads as [Load];
  await first.own(mailbox, 'open');
  let isRunning = true;
  const result = await rate((tick) => {
    for (const load of loads) {
      load.onOk = () => {
        tick();
        if (isRunning) {
          load.put(mailbox.address);
        }
      };
      for (let i = 0; i < inFlight; i++) {
        load.put(mailbox.address);
      }
    }
  });
  isRunning = false;
  endAll(loads);
  return result;
}

/** Pairs of a writer and a reader; a cycle is put, push, acknowledge. */
async function cycles(url: string, pairs: number, inFlight: number): Promise<number> {
  const all: Load[] = [];
  let isRunning = true;
  const starters: ((tick: () => void) => void)[] = [];
  for (let i = 0; i < pairs; i++) {
    const [writer, reader] = (await connectAll(url, 2)) as [Load, Load];
    all.push(writer, reader);
    const mailbox = newMailbox();
    await reader.own(mailbox, 'open', 'subscribe');
    reader.onEnvelope = (envelope) => reader.ack(mailbox.address, envelope);
    starters.push((tick) => {
      reader.onOk = () => {
        tick();
        if (isRunning) {
          writer.put(mailbox.address);
        }
      };
      for (let n = 0; n < inFlight; n++) {
        writer.put(mailbox.address);
      }
    });
  }
  const result = await rate((tick) => {
    for (const start of starters) {
      start(tick);
    }
  });
  isRunning = false;
  endAll(all);
  return result;
}

/** Open loop: puts leave by the clock, whatever the answers do. */
async function latency(url: string, perSecond: number): Promise<number[]> {
  const pairs = 20;
  const samples: number[] = [];
  const writers: [Load, Uint8Array][] = [];
  const all: Load[] = [];
  const isWarmAt = performance.now() + LATENCY_WARM_UP_SECONDS * 1000;
  for (let i = 0; i < pairs; i++) {
    const [writer, reader] = (await connectAll(url, 2)) as [Load, Load];
    const mailbox = newMailbox();
    await reader.own(mailbox, 'open', 'subscribe');
    reader.onEnvelope = (envelope) => {
      const now = performance.now();
      if (now > isWarmAt) {
        samples.push(now - Buffer.from(envelope).readDoubleBE(0));
      }
      reader.ack(mailbox.address, envelope);
    };
    writers.push([writer, mailbox.address]);
    all.push(writer, reader);
  }
  const started = performance.now();
  let sent = 0;
  while (performance.now() - started < (SECONDS + LATENCY_WARM_UP_SECONDS) * 1000) {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; sent < due; sent++) {
      const [writer, address] = writers[sent % pairs] as [Load, Uint8Array];
      writer.put(address);
    }
    await sleep(1);
  }
  endAll(all);
  return samples.sort((a, b) => a - b);
}

async function idle({ url, pid }: Running): Promise<number | undefined> {
  const before = residentBytes(pid);
  const loads: Load[] = [];
  for (let left = IDLE_CONNECTIONS; left > 0; left -= 250) {
    loads.push(...(await connectAll(url, 250)));
  }
  await sleep(3000);
  const after = residentBytes(pid);
  endAll(loads);
  return before === undefined || after === undefined ? undefined : (after - before) / IDLE_CONNECTIONS;
}

async function pieces(url: string): Promise<{ up: number; down: number }> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: PIECES_IN_FLIGHT });
  const body = randomBytes(PIECE);
  const ids: Uint8Array[] = [];
  const hash = toHex(randomBytes(32));
  const request = (method: string, id: Uint8Array, headers: http.OutgoingHttpHeaders, sent?: Buffer) =>
    new Promise<number>((resolve, reject) => {
      const call = http.request(`${url.replace('ws', 'http')}${piecePath(id)}`, { method, agent, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        let size = 0;
        response.on('data', (block: Buffer) => {
          size += block.length;
        });
        response.on('end', () => resolve(size));
      });
      call.end(sent);
    });
  const measure = async (once: () => Promise<void>) => {
    const started = performance.now();
    const end = started + SECONDS * 1000;
    let count = 0;
    const lane = async () => {
      while (performance.now() < end) {
        await once();
        count++;
      }
    };
    await Promise.all(Array.from({ length: PIECES_IN_FLIGHT }, lane));
    return (count * PIECE) / 1e6 / ((performance.now() - started) / 1000);
  };
  const up = await measure(async () => {
    const id = randomBytes(32);
    await request('PUT', id, { 'secret-chat-delete-hash': hash, 'content-length': PIECE }, body);
    ids.push(id);
  });
  let next = 0;
  const down = await measure(async () => {
    const size = await request('GET', ids[next++ % ids.length] as Uint8Array, {});
    if (size !== PIECE) {
      throw new Error(`a piece came with ${size} bytes`);
    }
  });
  agent.destroy();
  return { up, down };
}

const connectAll = (url: string, count: number) => Promise.all(Array.from({ length: count }, () => Load.connect(url)));

function endAll(loads: readonly Load[]): void {
  for (const load of loads) {
    load.onOk = undefined;
    load.end();
  }
}

/** Of another process; known on Linux alone. */
function residentBytes(pid: number): number | undefined {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function report(name: string, value: number | undefined, unit: string): void {
  if (value !== undefined) {
    results[name] = value;
    console.log(`${name.padEnd(44)} ${value.toFixed(value < 100 ? 2 : 0).padStart(10)} ${unit}`);
  }
}

/** Each measurement has a fresh relay. */
async function withRelay(name: string, run: (relay: Running) => Promise<void>): Promise<void> {
  if (options.only === undefined || options.only === name) {
    const relay = await startProgram();
    try {
      await run(relay);
    } finally {
      await relay.stop();
    }
  }
}

console.log(
  `Node ${process.versions.node}, ${os.cpus().length} × ${os.cpus()[0]?.model}, ${options.memory ? 'memory' : 'disk'}\n`,
);
for (const [connections, inFlight] of [
  [1, 256],
  [50, 16],
  [500, 2],
] as const) {
  await withRelay('puts', async ({ url }) => {
    const result = await durablePuts(url, connections, inFlight);
    report(`durable 4 KiB puts, ${connections} connections × ${inFlight}`, result, '/s');
  });
}
let perSecond = 5_000;
await withRelay('cycles', async ({ url }) => {
  perSecond = await cycles(url, 20, 16);
  report('put + push + acknowledge, 20 pairs × 16', perSecond, '/s');
});
await withRelay('latency', async ({ url }) => {
  const samples = await latency(url, perSecond / 2);
  report(`put → push p50 at ${Math.round(perSecond / 2)}/s`, samples[Math.floor(samples.length * 0.5)], 'ms');
  report(`put → push p99 at ${Math.round(perSecond / 2)}/s`, samples[Math.floor(samples.length * 0.99)], 'ms');
  if (!options.memory) {
    const disk = measureDisk(options.folder ?? os.tmpdir(), SECONDS);
    report('the disk alone: fdatasync p99', disk[Math.floor(disk.length * 0.99)], 'ms');
    report('the disk alone: fdatasync max', disk.at(-1), 'ms');
  }
});
await withRelay('idle', async (relay) => {
  report(`resident bytes per idle connection, ${IDLE_CONNECTIONS}`, await idle(relay), 'bytes');
});
await withRelay('pieces', async ({ url }) => {
  const { up, down } = await pieces(url);
  report('1 MiB pieces up, 8 at a time', up, 'MB/s');
  report('1 MiB pieces down, 8 at a time', down, 'MB/s');
});
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
}
