/**
 * Benchmark of countdowns: a device with a million of them, what it costs to have them, and what happens when many end at once.
 *
 * `npm run bench:timers -- --help`
 */

import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BenchDevice, startRelay } from './programs.ts';
import type { TimedDeviceSettings, TimedResults } from './timed-device.ts';
import { fillTimedStore, type TimedStore } from './timed-store.ts';

const { values: options } = parseArgs({
  options: {
    chats: { type: 'string', default: '100' },
    messages: { type: 'string', default: '1000000' },
    keep: { type: 'string' },
    only: { type: 'string' },
    'cpu-prof': { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FLAGS = ['--conditions=@secret-chat/source', '--import=tsx', '--expose-gc'];
const MIB = 1_048_576;
/** The messages of the first chat end so long after the store was written; it is opened shortly before. */
const FIRST_AFTER_MS = 600_000;
const OPENED_BEFORE_MS = 8_000;
const results: Record<string, number> = {};
const made = mkdtempSync(join(tmpdir(), 'secret-chat-timers-'));
const kept = options.keep ?? join(made, 'kept');

function report(part: string, found: TimedResults): void {
  for (const [name, value] of Object.entries(found)) {
    results[`${part}: ${name}`] = value;
    console.log(`${`${part}: ${name}`.padEnd(72)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)}`);
  }
}

/** Two devices meet; the store of one is filled. */
async function build(): Promise<TimedStore> {
  const begin = performance.now();
  const folder = join(kept, 'device');
  mkdirSync(folder, { recursive: true });
  const relay = await startRelay(join(kept, 'relay'));
  const anna = new BenchDevice({ folder, relay: relay.origin, name: 'Anna' });
  const ben = new BenchDevice({ folder: join(made, 'ben'), relay: relay.origin, name: 'Ben' });
  await Promise.all([anna.next('opened'), ben.next('opened')]);
  const opened = Promise.all([anna.next('open'), ben.next('open')]);
  anna.order({ do: 'invite' });
  ben.order({ do: 'join', link: (await anna.next('link')).link });
  await opened;
  await Promise.all([anna.close(), ben.close()]);
  await relay.stop();
  const chats = Number(options.chats);
  const messages = Math.ceil(Number(options.messages) / chats);
  const store: TimedStore = { chats, messages, writtenAtMs: Date.now(), firstAfterMs: FIRST_AFTER_MS };
  await fillTimedStore(folder, store);
  writeFileSync(join(kept, 'store.json'), JSON.stringify(store));
  report('build', { 'all of it (s)': (performance.now() - begin) / 1_000 });
  return store;
}

/** On a copy of the store: what is destroyed there is needed again. */
async function measure(does: TimedDeviceSettings['does'], store: TimedStore): Promise<void> {
  const folder = join(made, does);
  cpSync(join(kept, 'device'), folder, { recursive: true });
  const relay = await startRelay(join(made, `relay of ${does}`));
  const wallMs = store.writtenAtMs + (does === 'timers' ? store.firstAfterMs - OPENED_BEFORE_MS : 1_000);
  const settings: TimedDeviceSettings = { folder, relay: relay.origin, wallMs, does, doomed: store.messages };
  const program = fileURLToPath(new URL('timed-device.ts', import.meta.url));
  const profile = options['cpu-prof'];
  const flags = profile === undefined ? FLAGS : [...FLAGS, '--cpu-prof', '--cpu-prof-dir', profile];
  const child = spawn(process.execPath, [...flags, program, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  report(
    does,
    await new Promise<TimedResults>((resolve, reject) => {
      let results: TimedResults | undefined;
      child.once('message', (found: TimedResults) => {
        results = found;
      });
      child.once('exit', () => (results === undefined ? reject(new Error('the device ended')) : resolve(results)));
    }),
  );
  await relay.stop();
  rmSync(folder, { recursive: true });
}

const parts = ['idle', 'timers', 'clear'] as const;

if (options.help) {
  console.log(`options: --messages <n> (all with a countdown that runs) --chats <n> --keep <folder> (builds the store there, or
takes the one that is there) --only <${parts.join(' | ')}> --cpu-prof <folder> --json <file>`);
} else {
  try {
    const description = join(kept, 'store.json');
    const store = existsSync(description)
      ? (JSON.parse(readFileSync(description, 'utf8')) as TimedStore)
      : await build();
    const device = join(kept, 'device');
    const size = readdirSync(device).reduce((sum, name) => sum + statSync(join(device, name)).size, 0);
    report('store', { 'countdowns that run (count)': store.chats * store.messages, 'size (MiB)': size / MIB });
    for (const part of parts) {
      if (options.only === undefined || options.only === part) {
        await measure(part, store);
      }
    }
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
process.exit();
