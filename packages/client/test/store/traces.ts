/** Searching raw files for what must not be in them. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Trace {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Which of `traces`, of at least 4 bytes each, are in a file of the folder: one pass over all of it. */
export function foundIn(folder: string, traces: readonly Trace[]): string[] {
  const byStart = new Map<number, Trace[]>();
  for (const trace of traces) {
    const start = Buffer.from(trace.bytes).readUInt32BE();
    byStart.set(start, [...(byStart.get(start) ?? []), trace]);
  }
  const raw = Buffer.concat(readdirSync(folder).map((name) => readFileSync(path.join(folder, name))));
  const found = new Set<string>();
  let start = 0;
  for (let at = 0; at < raw.length; at += 1) {
    start = ((start << 8) | (raw[at] as number)) >>> 0;
    for (const { what, bytes } of byStart.get(start) ?? []) {
      if (raw.subarray(at - 3, at - 3 + bytes.length).equals(bytes)) {
        found.add(what);
      }
    }
  }
  return [...found];
}

/** Snippets of a value, from what SQLite keeps in its tree and from what it keeps beside it. */
export function snippetsOf(what: string, value: Uint8Array): Trace[] {
  const starts = [0, 40, 480, 1000, 4000, 9000].filter((at) => at + 24 <= value.length);
  return [...starts, value.length - 24].map((at) => ({
    what: `${what}, bytes from ${at}`,
    bytes: value.subarray(at, at + 24),
  }));
}
