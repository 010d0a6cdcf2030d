/** Looks for what must not be found: raw, as hexadecimal and as base64, in file names and in every byte. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A secret or a body, by name. Enough of it to be found even where a page of the database cuts it in two. */
export type Canaries = Readonly<Record<string, Uint8Array | string>>;

const WINDOW = 24;

/** Names of the canaries that are found in a folder. */
export function findInFolder(folder: string, canaries: Canaries): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  const haystacks = [Buffer.from(names.join('\n')), ...files.map(readUnlessGone)];
  return findIn(haystacks, canaries);
}

/** A relay that runs deletes files meanwhile. */
function readUnlessGone(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return Buffer.alloc(0);
    }
    throw error;
  }
}

export function findIn(haystacks: readonly Buffer[], canaries: Canaries): string[] {
  return Object.entries(canaries)
    .filter(([, canary]) => forms(canary).some((form) => haystacks.some((bytes) => bytes.includes(form))))
    .map(([name]) => name);
}

function forms(canary: Uint8Array | string): Buffer[] {
  const bytes = Buffer.from(canary);
  // Pieces of a body from all over it: it may be cut by pages.
  const parts = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const start = Math.floor((bytes.length - Math.min(WINDOW, bytes.length)) * share);
    return bytes.subarray(start, start + WINDOW);
  });
  return parts.flatMap((part) => [
    part,
    Buffer.from(part.toString('hex')),
    Buffer.from(part.toString('hex').toUpperCase()),
    Buffer.from(part.toString('base64').replace(/=+$/, '')),
  ]);
}
