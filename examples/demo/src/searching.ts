/**
 * Looking for bytes in everything that lies in a folder, or that was sent.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A page of a database may cut what is longer: so much of it is looked for, at the places below. */
const PART = 24;
const PLACES = [0, 0.3, 0.6, 1];
const KIB = 1024;

/** Every file below a folder, and their names. */
export function bytesIn(folder: string): Buffer[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const names = Buffer.from(entries.map(({ name }) => name).join('\n'));
  return [names, ...files.map(({ parentPath, name }) => readUnlessGone(join(parentPath, name)))];
}

/** How many of these are there, wholly or in part. */
export function count(haystacks: readonly Buffer[], wanted: Iterable<Uint8Array | string>): number {
  return [...wanted].filter((each) => partsOf(Buffer.from(each as Uint8Array)).some((part) => isIn(haystacks, part)))
    .length;
}

/** What was looked through, in words. */
export function extent(haystacks: readonly Buffer[]): string {
  const bytes = haystacks.reduce((sum, { length }) => sum + length, 0);
  return `${haystacks.length - 1} files, ${Math.ceil(bytes / KIB)} KiB`;
}

function isIn(haystacks: readonly Buffer[], part: Buffer): boolean {
  return haystacks.some((bytes) => bytes.includes(part) || bytes.includes(part.toString('hex')));
}

function partsOf(bytes: Buffer): Buffer[] {
  const longest = Math.max(0, bytes.length - PART);
  return PLACES.map((place) => bytes.subarray(Math.floor(longest * place), Math.floor(longest * place) + PART));
}

/** What a relay deletes while this looks holds nothing any more. */
function readUnlessGone(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return Buffer.alloc(0);
    }
    throw error;
  }
}
