/** Looking for bytes in everything that somebody keeps or was sent: as they are, as hexadecimal digits and as base64. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is looked for, by what it is. */
export type Wanted = Readonly<Record<string, Uint8Array | string>>;

/** A page of a database may cut what is longer: so much of it is looked for, at some places of it. */
const PART = 24;
const SHORTEST = 8;
const PLACES = [0, 0.3, 0.6, 1];

/** Every file below a folder, and their names. */
export function bytesIn(folder: string): Buffer[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return [Buffer.from(entries.map(({ name }) => name).join('\n')), ...files.map(readUnlessGone)];
}

/** Names of what is there, or a part of it. */
export function foundIn(haystacks: readonly Uint8Array[], wanted: Wanted): string[] {
  const buffers = haystacks.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return Object.entries(wanted)
    .filter(([, bytes]) => forms(bytes).some((form) => buffers.some((buffer) => buffer.includes(form))))
    .map(([what]) => what);
}

function forms(wanted: Uint8Array | string): Buffer[] {
  const bytes = Buffer.from(wanted);
  if (bytes.length < SHORTEST) {
    throw new Error(`${bytes.length} bytes are found by chance`);
  }
  const longest = Math.max(0, bytes.length - PART);
  const places = longest === 0 ? [0] : PLACES;
  return places.flatMap((place) => {
    const part = bytes.subarray(Math.floor(longest * place), Math.floor(longest * place) + PART);
    const base64 = part.toString('base64').replace(/=+$/, '');
    return [part, Buffer.from(part.toString('hex')), Buffer.from(base64.slice(0, -1))];
  });
}

/** A relay that runs deletes files meanwhile. */
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
