/** The disk alone: how long it takes to make one group of a log durable, with nothing else going on. */

import { closeSync, fdatasyncSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A log that is written over again and again, a few pages at a time. */
const LOG = 4 * 1024 * 1024;
const GROUP = 12 * 1024;

/** Milliseconds, sorted. What is slow here no program can mend. */
export function measureDisk(folder: string, seconds: number): number[] {
  const path = join(folder, `secret-chat-bench-disk-${process.pid}`);
  const file = openSync(path, 'wx');
  try {
    writeSync(file, Buffer.alloc(LOG));
    fsyncSync(file);
    const samples: number[] = [];
    const group = Buffer.alloc(GROUP, 1);
    const end = performance.now() + seconds * 1000;
    for (let at = 0; performance.now() < end; at = (at + GROUP) % (LOG - GROUP)) {
      writeSync(file, group, 0, GROUP, at);
      const started = performance.now();
      fdatasyncSync(file);
      samples.push(performance.now() - started);
    }
    return samples.sort((a, b) => a - b);
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}
