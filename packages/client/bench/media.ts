/**
 * How fast a file goes from a disk over a relay to a disk, with what it costs, beside `cp` and, where it is installed,
 * `age`: encrypted, carried over HTTP, and decrypted. Each step in a process of its own, in one run.
 *
 *   npm run bench:files -- [--mib 256] [--folder <dir>] [--alone] [--json <file>]
 *
 * The sides as they are built, in plain Node, after `npx tsc -b`:
 *
 *   npx esbuild packages/client/bench/media.ts --bundle --platform=node --format=esm --packages=external
 *     --outfile=packages/client/dist/media.bench.js && node packages/client/dist/media.bench.js --alone
 *
 * The relay runs in a third process. `--alone` leaves out the others.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { paddedCiphertextSize, platformAes256Gcm } from '@secret-chat/crypto';
import { openDevice } from '../src/index.ts';
import { spoolFile } from '../src/media/spool.ts';
import {
  fileSource,
  nodePieceTransport,
  nodeTransport,
  openBlobFolder,
  openSqliteStore,
  saveFile,
} from '../src/node/index.ts';
import { systemEffects } from '../src/platform.ts';
import { measureOthers } from './age.ts';

const MIB = 1_048_576;
const RELAY_HOME = fileURLToPath(new URL('../../relay/', import.meta.url));
const SCRYPT = { logN: 10, r: 8, p: 1 } as const;

const { values: options } = parseArgs({
  options: {
    mib: { type: 'string', default: '256' },
    folder: { type: 'string' },
    json: { type: 'string' },
    alone: { type: 'boolean', default: false },
    role: { type: 'string' },
    relay: { type: 'string' },
    link: { type: 'string' },
    source: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const size = Number(options.mib) * MIB;
const results: Record<string, string | number>[] = [];

/** Since `before`, which leaves out what starting a program costs. */
function usage(before: NodeJS.CpuUsage): { readonly cpu: number; readonly memory: number } {
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, memory: process.resourceUsage().maxRSS / 1024 };
}

function report(what: string, seconds: number, numbers: Record<string, number>): void {
  const all = { s: seconds, 'MB/s': size / 1e6 / seconds, ...numbers };
  const shown = Object.entries(all).map(([name, value]) => `${name} ${Math.round(value * 100) / 100}`);
  console.log(`${what.padEnd(44)} ${shown.join('  ')}`);
  results.push({ what, ...all });
}

async function open(name: string, folder: string, relay: string) {
  return openDevice({
    store: await openSqliteStore(folder),
    files: await openBlobFolder(path.join(folder, 'files')),
    pieces: nodePieceTransport(),
    transport: nodeTransport(),
    passphrase: 'bench',
    scrypt: SCRYPT,
    name,
    relay,
    autoFetchBytes: -1,
  });
}

/** One side, in a process of its own: says what happens in lines of JSON. */
async function play(role: string, folder: string): Promise<void> {
  const device = await open(role, folder, options.relay as string);
  const say = (word: object) => console.log(JSON.stringify(word));
  const ready = new Promise<void>((resolve) => {
    device.subscribe((event) => {
      if (event.type === 'request') {
        void device.chat(event.chat)?.accept();
      }
      if (event.type === 'accepted') {
        resolve();
      }
    });
  });
  if (role === 'sender') {
    say({ link: (await device.createInvite()).link });
    await ready;
    const start = performance.now();
    const before = process.cpuUsage();
    device.subscribe((event) => {
      if (event.type === 'file' && event.fileState === 'up') {
        say({ step: 'up', s: (performance.now() - start) / 1000, ...usage(before) });
      } else if (event.type === 'file' && event.fileState === 'fetched') {
        say({ over: true });
      }
    });
    const source = await fileSource(options.source as string);
    const chat = device.chats[0];
    await chat?.sendFile(source, { name: source.name });
    say({ step: 'spooled', s: (performance.now() - start) / 1000, ...usage(before) });
  } else {
    const message = new Promise<number>((resolve) => {
      device.subscribe((event) => event.type === 'message' && resolve(event.message.n));
    });
    const chat = await device.join(options.link as string);
    const n = await message;
    const start = performance.now();
    const before = process.cpuUsage();
    await chat.fetchFile(n);
    say({ step: 'fetched', s: (performance.now() - start) / 1000, ...usage(before) });
    const saved = await saveFile(chat, n, folder);
    say({ step: 'saved', s: (performance.now() - start) / 1000, path: saved, ...usage(before) });
  }
  for await (const _line of createInterface({ input: process.stdin })) {
    break;
  }
  await device.close();
  process.stdin.destroy();
}

interface Word {
  readonly link?: string;
  readonly step?: string;
  readonly s?: number;
  readonly cpu?: number;
  readonly memory?: number;
  readonly path?: string;
  readonly over?: boolean;
}

function part(role: string, folder: string, relay: string, more: readonly string[], hear: (word: Word) => void) {
  const flags = ['--role', role, '--folder', folder, '--relay', relay, ...more];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => hear(JSON.parse(line) as Word));
  return child;
}

function startRelay(folder: string): Promise<{ readonly child: ChildProcess; readonly origin: string }> {
  const child = spawn(
    process.execPath,
    [
      ...['--conditions=@secret-chat/source', '--import=tsx', 'src/program.ts'],
      ...['--port', '0', '--data', folder, '--piece-share', '1', '--prekeys-per-minute', '1000'],
    ],
    { cwd: RELAY_HOME, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (data: Buffer) => {
      said += data;
      const origin = /relay started: (\S+)/.exec(said)?.[1];
      if (origin !== undefined) {
        resolve({ child, origin });
      }
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('close', () => reject(new Error(said)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(file, { highWaterMark: MIB })) {
    hash.update(block as Uint8Array);
  }
  return hash.digest('hex');
}

async function transfer(parent: string, source: string): Promise<void> {
  const relay = await startRelay(path.join(parent, 'relay'));
  const words = new Map<string, Word>();
  const children: ChildProcess[] = [];
  await new Promise<void>((resolve) => {
    const hear = (word: Word) => {
      if (word.step !== undefined) {
        words.set(word.step, word);
      }
      if (word.link !== undefined) {
        const flags = ['--link', word.link];
        children.push(part('receiver', path.join(parent, 'receiver'), relay.origin, flags, hear));
      }
      if (words.has('saved') && words.has('up')) {
        resolve();
      }
    };
    children.push(part('sender', path.join(parent, 'sender'), relay.origin, ['--source', source], hear));
  });
  for (const child of children) {
    const end = ended(child);
    child.stdin?.write('\n');
    await end;
  }
  const seconds = (step: string) => words.get(step)?.s ?? 0;
  const cost = (step: string) => ({ 'CPU s': words.get(step)?.cpu ?? 0, 'MiB peak': words.get(step)?.memory ?? 0 });
  report('spooled (encrypted, disk to disk, sending)', seconds('spooled'), cost('spooled'));
  report('up: all on the relay', seconds('up'), cost('up'));
  report('fetched and verified', seconds('fetched'), cost('fetched'));
  report('fetched, verified and saved', seconds('saved'), cost('saved'));
  report('disk → relay → disk, one after the other', seconds('up') + seconds('saved'), {
    'CPU s': (words.get('up')?.cpu ?? 0) + (words.get('saved')?.cpu ?? 0),
  });
  const same = (await hashOf(words.get('saved')?.path as string)) === (await hashOf(source));
  console.log(same ? 'byte for byte the same' : 'NOT THE SAME');
  process.exitCode = same ? 0 : 1;
  const end = ended(relay.child);
  relay.child.kill('SIGTERM');
  await end;
}

/** Encryption alone, from a path into a blob that is durable at the end. */
async function spoolAlone(parent: string, source: string): Promise<void> {
  const blobs = await openBlobFolder(path.join(parent, 'spool'));
  const opened = await fileSource(source);
  const before = process.cpuUsage();
  const start = performance.now();
  const blob = await blobs.create('a'.repeat(32), paddedCiphertextSize(opened.size));
  const key = await spoolFile({
    size: opened.size,
    open: () => opened.stream(),
    aes: platformAes256Gcm(),
    random: systemEffects.random,
    signal: new AbortController().signal,
    begin: async () => blob,
    written: async () => {},
  });
  const { user, system } = process.cpuUsage(before);
  report('encrypted alone, path to durable blob', (performance.now() - start) / 1000, {
    'CPU s': (user + system) / 1e6,
  });
  key.wipe();
  await blob.close();
  await opened.close();
  await blobs.remove('a'.repeat(32));
}

function writeSource(file: string): void {
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(MIB);
  for (let written = 0; written < size; written += MIB) {
    randomFillSync(block);
    writeSync(handle, block);
  }
  fsyncSync(handle);
  closeSync(handle);
}

if (options.help) {
  console.log('options: --mib <256> --folder <where it happens> --alone (nothing to compare with) --json <file>');
} else if (options.role !== undefined) {
  await play(options.role, options.folder as string);
} else {
  const parent = mkdtempSync(path.join(options.folder ?? os.tmpdir(), 'media-bench-'));
  try {
    const cores = os.cpus().length;
    console.log(`node ${process.version}, ${cores} cores, load ${os.loadavg()[0]?.toFixed(1)}, ${options.mib} MiB`);
    const source = path.join(parent, 'source.bin');
    writeSource(source);
    if (!options.alone) {
      await measureOthers(parent, source, report);
      await spoolAlone(parent, source);
    }
    await transfer(parent, source);
    if (options.json !== undefined) {
      writeFileSync(options.json, JSON.stringify(results, undefined, 2));
    }
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
