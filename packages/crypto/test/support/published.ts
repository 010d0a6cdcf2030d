import { readFileSync } from 'node:fs';
import type { RandomSource } from '../../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: vector files are read as a stranger would, without types
export type Json = any;

/** One of the published vector files. */
export function published(name: string): Json {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Gives the draws that a vector lists, in their order. */
export function replay(draws: readonly string[]): RandomSource {
  const left = [...draws];
  return (length) => {
    const bytes = unhex(left.shift() ?? '');
    if (bytes.length !== length) {
      throw new Error(`the next draw has ${bytes.length} bytes, not ${length}`);
    }
    return bytes;
  };
}
