/** Records for tests of stores. */

import { createHash } from 'node:crypto';
import type { Store, StoredRecord } from '../../src/store/store.ts';

export const FIRST: Uint8Array = new Uint8Array(24);
export const LAST: Uint8Array = new Uint8Array(24).fill(0xff);

/** `size` bytes that nothing else holds, the same for each call. */
export function bytesOf(label: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 32) {
    const block = createHash('sha256').update(`${label} ${at}`).digest();
    bytes.set(block.subarray(0, Math.min(32, size - at)), at);
  }
  return bytes;
}

/** A name as the vault makes it: 16 bytes of the family, then the position. */
export function nameOf(family: string, position = 0): Uint8Array {
  const name = new Uint8Array(24);
  name.set(bytesOf(family, 16));
  new DataView(name.buffer).setBigUint64(16, BigInt(position));
  return name;
}

export function recordOf(family: string, position: number, size = 100): StoredRecord {
  return { name: nameOf(family, position), value: bytesOf(`${family} ${position}`, size) };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Everything that a store holds, in a form that is compared fast. */
export async function contentOf(store: Store): Promise<[name: string, value: string][]> {
  return (await store.range({ from: FIRST, to: LAST })).map(({ name, value }) => [hex(name), hex(value)]);
}
