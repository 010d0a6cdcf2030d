/** A device in a process of its own whose store is full of countdowns. Started by `timers.ts`. */

import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { type Chat, type Device, openDevice } from '@secret-chat/client';
import { nodeTransport, openSqliteStore, readOrCreateKeyFile } from '@secret-chat/client/node';
import { ready } from '@secret-chat/crypto';
import type { Clock } from '../src/effects.ts';

export interface TimedDeviceSettings {
  readonly folder: string;
  readonly relay: string;
  /** What its wall clock says at the beginning. */
  readonly wallMs: number;
  readonly does: 'idle' | 'timers' | 'clear';
  /** How many are destroyed at once. */
  readonly doomed: number;
}

/** Names with their units, and values. */
export type TimedResults = Readonly<Record<string, number>>;

const IDLE_MS = 10_000;
const TICK_MS = 5;
const SEND_EVERY_MS = 100;
const MIB = 1_048_576;

const settings = JSON.parse(process.argv[2] as string) as TimedDeviceSettings;
const origin = performance.now();
let wakeUps = 0;

/** The platform's, but for the wall; counts how often somebody is woken. */
const clock: Clock = {
  wallMs: () => settings.wallMs + performance.now() - origin,
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(() => {
      wakeUps += 1;
      run();
    }, ms);
    return () => clearTimeout(timer);
  },
};

async function idle(): Promise<TimedResults> {
  await pause(IDLE_MS);
  const before = { cpu: process.cpuUsage(), wakeUps };
  await pause(IDLE_MS);
  const cpu = process.cpuUsage(before.cpu);
  return {
    'CPU in 10 s with nothing to do (ms)': (cpu.user + cpu.system) / 1_000,
    'timers that ran in these 10 s (count)': wakeUps - before.wakeUps,
  };
}

/** Runs `work` while it is watched how long nobody else gets a turn, and how long a text takes. */
async function watched(chats: readonly Chat[], work: () => Promise<void>): Promise<TimedResults> {
  const delay = monitorEventLoopDelay({ resolution: TICK_MS });
  const texts: number[] = [];
  let tickAt = performance.now();
  let longest = 0;
  const ticks = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - tickAt);
    tickAt = now;
  }, TICK_MS);
  let isOver = false;
  const sending = Promise.all(
    chats.map(async (chat) => {
      while (!isOver) {
        const begin = performance.now();
        chat.typing();
        await chat.sendText('meanwhile');
        texts.push(performance.now() - begin);
        await pause(SEND_EVERY_MS);
      }
    }),
  );
  delay.enable();
  const begin = performance.now();
  await work();
  const ms = performance.now() - begin;
  delay.disable();
  clearInterval(ticks);
  isOver = true;
  await sending;
  texts.sort((a, b) => a - b);
  return {
    'all of it (ms)': ms,
    'longest pause of the event loop, by its histogram (ms)': delay.max / 1e6,
    'longest gap of a tick of 5 ms (ms)': longest,
    'event loop delay, p99 (ms)': delay.percentile(99) / 1e6,
    'a text meanwhile, p50 (ms)': texts[Math.floor(texts.length / 2)] ?? Number.NaN,
    'a text meanwhile, longest (ms)': texts.at(-1) ?? Number.NaN,
    'texts meanwhile (count)': texts.length,
  };
}

async function timersRunOut(device: Device, doomed: number): Promise<void> {
  let left = doomed;
  await new Promise<void>((resolve) => {
    device.subscribe((event) => {
      left -= event.type === 'destroyed' ? 1 : 0;
      if (left === 0) {
        resolve();
      }
    });
  });
}

await ready;
const begin = performance.now();
const store = await openSqliteStore(settings.folder);
const device = await openDevice({
  ...{ store, keyFile: await readOrCreateKeyFile(join(settings.folder, 'key')) },
  transport: nodeTransport(),
  clock,
});
const results: Record<string, number> = { 'open (ms)': performance.now() - begin };
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();
results['memory of the process (MiB)'] = rss / MIB;
results['heap of the process (MiB)'] = heapUsed / MIB;
const [first, second] = device.chats as [Chat, Chat];
if (settings.does === 'idle') {
  Object.assign(results, await idle());
} else if (settings.does === 'timers') {
  Object.assign(results, await watched([first, second], () => timersRunOut(device, settings.doomed)));
} else {
  Object.assign(results, await watched([second], () => first.clear()));
}
process.send?.(results);
await device.close();
process.exit();
