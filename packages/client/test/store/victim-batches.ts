/** What the program of `durability.test.ts` writes: batch after batch, each of which can be told from the store. */

import type { Batch, Store } from '../../src/store/store.ts';
import { type contentOf, hex, nameOf, recordOf } from './samples.ts';

const RECORDS = 6;
/** Batches whose records are there at the same time. */
const KEPT = 40;
const LAST = nameOf('last');

/** Batch `i`, from 1: puts some records, removes those of an older batch, and replaces the one that names the last. */
export function batchOf(i: number): Batch {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setUint32(0, i);
  return {
    put: [...recordsOf(i), { name: LAST, value }],
    delete: i > KEPT ? recordsOf(i - KEPT).map(({ name }) => name) : [],
  };
}

/** The last batch in a store, 0 if there is none. */
export async function lastIn(store: Store): Promise<number> {
  const value = await store.get(LAST);
  return value === undefined ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(0);
}

/** What a store must hold after the batches up to `last`. */
export function contentAfter(last: number): Awaited<ReturnType<typeof contentOf>> {
  const numbers = Array.from({ length: Math.min(last, KEPT) }, (_, i) => last - i);
  const put = batchOf(last).put?.filter(({ name }) => hex(name) === hex(LAST)) ?? [];
  const records = last === 0 ? [] : [...numbers.flatMap(recordsOf), ...put];
  return records
    .map(({ name, value }): [string, string] => [hex(name), hex(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function recordsOf(i: number) {
  return Array.from({ length: RECORDS }, (_, j) =>
    recordOf(`family ${j}`, i, j === 0 ? 9000 : 73 + ((i * 7 + j) % 900)),
  );
}
