/**
 * The program that `durability.test.ts` kills: writes without end, and says on stdout which batches were resolved.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import process from 'node:process';
import type { Clock } from '../../src/effects.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { systemEffects } from '../../src/platform.ts';
import { batchOf, lastIn } from './victim-batches.ts';

/** Called and not resolved, at most. */
const WINDOW = 8;
/** So much faster the log is emptied, so that it is cut short, too. */
const HASTE = 100;

const system = systemEffects.clock;
const clock: Clock = {
  wallMs: () => system.wallMs(),
  monotonicMs: () => system.monotonicMs() * HASTE,
  after: (ms, run) => system.after(ms / HASTE, run),
};

const store = await openSqliteStore(process.argv[2] as string, { clock });
const window: Promise<void>[] = [];
for (let i = (await lastIn(store)) + 1; ; i += 1) {
  window.push(store.batch(batchOf(i)).then(() => void writeSync(1, `${i}\n`)));
  // Between one alone and a group of many.
  if (window.length > i % WINDOW) {
    await Promise.all(window.splice(0));
    // Timers run only if they are let.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
