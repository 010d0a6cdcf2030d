/** File systems that are full when a test says so. */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../store/folders.ts';

const MIB = 1024 * 1024;

/** Only root of a Linux can try. */
export const MAY_MOUNT: boolean = process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of its own with `size` bytes; `undefined` where this process may not mount one. */
export function smallDisk(size: number): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Leaves no byte free, or only `left`; gives what frees the others again. */
export function fillDisk(disk: string, left = 0): () => void {
  const filler = path.join(disk, 'filler');
  const reserve = path.join(disk, 'reserve');
  writeFileSync(reserve, new Uint8Array(left));
  for (let size = 16 * MIB; size > 0; size = Math.floor(size / 2)) {
    try {
      writeFileSync(filler, new Uint8Array(size), { flag: 'a' });
    } catch {}
  }
  rmSync(reserve);
  return () => rmSync(filler, { force: true });
}
