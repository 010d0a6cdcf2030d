/**
 * Benchmark of the client: devices and a relay in processes of their own, every store on the disk.
 *
 * `npm run bench:client -- --help`
 */

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fillStore } from './big-store.ts';
import { BenchDevice, type RunningRelay, startRelay } from './programs.ts';

const { values: options } = parseArgs({
  options: {
    singles: { type: 'string', default: '300' },
    stream: { type: 'string', default: '5000' },
    chats: { type: 'string', default: '100' },
    messages: { type: 'string', default: '100000' },
    'puts-per-second': { type: 'string' },
    'cpu-prof': { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const WARM_UP = 50;
const MIB = 1024 * 1024;
const PASSPHRASE = 'correct horse battery staple';
const results: Record<string, number> = {};
const folders: string[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secret-chat-bench-'));
  folders.push(folder);
  return folder;
}

function report(name: string, value: number, unit: string): void {
  results[`${name} (${unit})`] = value;
  console.log(`${name.padEnd(52)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit}`);
}

/** Of values that are sorted. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function opening(relay: RunningRelay): Promise<void> {
  for (const [name, unlock] of [
    ['a passphrase', { passphrase: PASSPHRASE }],
    ['a key file', {}],
  ] as const) {
    const folder = newFolder();
    for (const time of ['new', 'again'] as const) {
      const device = new BenchDevice({ folder, relay: relay.origin, name: 'Anna', ...unlock });
      const { ms } = await device.next('opened');
      report(`open with ${name}, ${time}`, ms, 'ms');
      await device.close();
    }
  }
}

/** Two devices with a chat that is open. */
async function meet(relay: RunningRelay): Promise<readonly [BenchDevice, BenchDevice, string]> {
  const profile = options['cpu-prof'];
  const flags = profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  const folder = newFolder();
  const anna = new BenchDevice({ folder, relay: relay.origin, name: 'Anna' }, flags);
  const ben = new BenchDevice({ folder: newFolder(), relay: relay.origin, name: 'Ben' }, flags);
  await Promise.all([anna.next('opened'), ben.next('opened')]);
  const opened = Promise.all([anna.next('open'), ben.next('open')]);
  anna.order({ do: 'invite' });
  const { link } = await anna.next('link');
  ben.order({ do: 'join', link });
  await opened;
  return [anna, ben, folder];
}

async function singles(from: BenchDevice, to: BenchDevice, count: number): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + count; i++) {
    const both = Promise.all([from.next('sent'), to.next('shown')]);
    from.order({ do: 'send', text: `message ${i}` });
    const [sent, shown] = await both;
    if (i >= WARM_UP) {
      times.push(shown.at - sent.at);
    }
  }
  times.sort((a, b) => a - b);
  report('one message, sent to shown, p50', quantile(times, 0.5), 'ms');
  report('one message, sent to shown, p99', quantile(times, 0.99), 'ms');
}

async function stream(pairs: readonly (readonly [BenchDevice, BenchDevice])[], count: number): Promise<number> {
  const begin = performance.now();
  const done = pairs.map(async ([from, to]) => {
    let left = count;
    const all = new Promise<void>((resolve) => {
      const stop = to.on((word) => {
        left -= word.say === 'shown' ? 1 : 0;
        if (left === 0) {
          stop();
          resolve();
        }
      });
    });
    from.order({ do: 'stream', count });
    await all;
  });
  await Promise.all(done);
  return (count * 1000) / (performance.now() - begin);
}

async function talking(relay: RunningRelay): Promise<void> {
  const [anna, ben] = await meet(relay);
  await singles(anna, ben, Number(options.singles));
  const count = Number(options.stream);
  // Until the programs are compiled.
  await stream([[anna, ben]], Math.ceil(count / 4));
  report('messages sent to shown, one way', await stream([[anna, ben]], count), '/s');
  const both = [
    [anna, ben],
    [ben, anna],
  ] as const;
  report('messages sent to shown, each of both ways', await stream(both, count), '/s');
  await Promise.all([anna.close(), ben.close()]);
}

async function bigStore(relay: RunningRelay): Promise<void> {
  const [anna, ben, folder] = await meet(relay);
  await Promise.all([anna.close(), ben.close()]);
  const chats = Number(options.chats);
  await fillStore(folder, chats, Math.ceil(Number(options.messages) / chats));
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  report(`store of ${chats} chats and ${options.messages} messages`, size / MIB, 'MiB');
  for (const time of ['first', 'again'] as const) {
    const device = new BenchDevice({ folder, relay: relay.origin, name: 'Anna' }, ['--expose-gc']);
    const { ms, rss, heap } = await device.next('opened');
    report(`open it, ${time}`, ms, 'ms');
    report(`memory of the process, ${time}`, rss / MIB, 'MiB');
    report(`heap of the process, ${time}`, heap / MIB, 'MiB');
    await device.close();
  }
}

const parts = { opening, talking, bigStore } as const;

if (options.help) {
  console.log(`options: --singles <n> --stream <n> --chats <n> --messages <n> --puts-per-second <n> (of the relay; no limit
by default) --cpu-prof <folder> --json <file> --only <${Object.keys(parts).join(' | ')}>`);
} else {
  try {
    const relay = await startRelay(newFolder(), options['puts-per-second']);
    for (const [name, measure] of Object.entries(parts)) {
      if (options.only === undefined || options.only === name) {
        await measure(relay);
      }
    }
    await relay.stop();
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    }
  } finally {
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
process.exit();
