import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BUSY_MS, QUIET_MS } from '../../src/node/store/checkpoint-timer.ts';
import type { Store, StoredRecord } from '../../src/store/store.ts';
import { seeded } from '../support/seeded.ts';
import { ask, copyOf, createSqlite, openIn } from './folders.ts';
import { bytesOf, nameOf, recordOf } from './samples.ts';
import { foundIn, snippetsOf, type Trace } from './traces.ts';

/** Enough that pages are split, merged and moved. */
const RECORDS = 2500;
const FAMILIES = 15;

/** Like those of a device: most are small, and a few take several pages. */
function sizeOf(i: number): number {
  return i % 50 === 0 ? 20_000 : i % 7 === 0 ? 1500 + (i % 11) * 300 : 73 + (i % 13) * 50;
}

function record(i: number, version = 0): StoredRecord {
  const name = nameOf(`family ${i % FAMILIES}`, i);
  return { name, value: bytesOf(`${i} ${version}`, sizeOf(i + version)) };
}

const all = Array.from({ length: RECORDS }, (_, i) => record(i));

/** A name is searched for from its family on, so that it is not found in another record's. */
function tracesOf(records: readonly StoredRecord[], withNames = true): Trace[] {
  return records.flatMap(({ name, value }, i) => [
    ...(withNames ? [{ what: `name ${i}`, bytes: name }] : []),
    ...snippetsOf(`value ${i}`, value),
  ]);
}

async function fill(store: Store): Promise<void> {
  const chance = seeded(1);
  const shuffled = all.map((each) => ({ each, at: chance() })).sort((a, b) => a.at - b.at);
  for (let at = 0; at < RECORDS; at += 10) {
    await store.batch({ put: shuffled.slice(at, at + 10).map(({ each }) => each) });
  }
}

describe('in the raw files', () => {
  test('is what is stored, and the search finds it', async () => {
    const { store, folder, clock } = await createSqlite();
    await fill(store);
    const traces = tracesOf(all.slice(0, 30));
    expect(foundIn(folder, traces)).toHaveLength(traces.length);
    await clock.advance(QUIET_MS);
    expect(foundIn(folder, traces)).toHaveLength(traces.length);
  });

  test('is nothing of what was deleted or replaced, a few seconds later', async () => {
    const { store, folder, clock } = await createSqlite();
    await fill(store);
    await clock.advance(BUSY_MS);
    const deleted = all.filter((_, i) => i % 2 === 0);
    const replaced = all.filter((_, i) => i % 4 === 1);
    for (const [i, { name }] of deleted.entries()) {
      // Others come and change meanwhile.
      const put = i % 2 === 0 ? [record(i * 2 + 1, 1)] : [recordOf('late', i, sizeOf(i))];
      await store.batch({ put, delete: [name] });
      if (i % 100 === 0) {
        await clock.advance(100);
      }
    }
    await clock.advance(BUSY_MS);
    expect(foundIn(folder, [...tracesOf(deleted), ...tracesOf(replaced, false)])).toEqual([]);
    expect(await store.get(record(1).name)).toEqual(record(1, 1).value);
    expect(foundIn(folder, snippetsOf('new', record(1, 1).value)).length).toBeGreaterThan(0);
    await store.close();
    expect(ask(folder, 'PRAGMA store.integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  test('is nothing of it while writes never stop', async () => {
    const { store, folder, clock } = await createSqlite();
    const gone: StoredRecord[] = [];
    for (let i = 0; i < 600; i += 1) {
      const deleted = record(i);
      await store.batch({ put: [deleted, recordOf('late', i, sizeOf(i))] });
      await store.batch({ delete: [deleted.name] });
      await clock.advance(QUIET_MS / 10);
      gone.push(deleted);
      const old = gone.slice(0, -(BUSY_MS / (QUIET_MS / 10)));
      if (i % 100 === 99) {
        expect(old.length).toBeGreaterThan(30);
        expect(foundIn(folder, tracesOf(old))).toEqual([]);
      }
    }
  });

  test('is nothing of it after `close`, not even of the last batch', async () => {
    const { store, folder } = await createSqlite();
    await fill(store);
    const deleted = all.filter((_, i) => i % 3 !== 0);
    void store.batch({ delete: deleted.map(({ name }) => name) });
    await store.close();
    expect(readdirSync(folder)).toEqual(['store.sqlite']);
    expect(foundIn(folder, tracesOf(deleted))).toEqual([]);
    expect(foundIn(folder, tracesOf([record(0)])).length).toBeGreaterThan(0);
  });

  test('is nothing of it once a store is opened whose owner was killed', async () => {
    const { store, folder, clock } = await createSqlite();
    await fill(store);
    await clock.advance(BUSY_MS);
    const deleted = all.filter((_, i) => i % 3 !== 0);
    await store.batch({ delete: deleted.map(({ name }) => name) });
    const copy = copyOf(folder);
    expect(foundIn(copy, tracesOf(deleted)).length).toBeGreaterThan(0);
    await openIn(copy);
    expect(foundIn(copy, tracesOf(deleted))).toEqual([]);
  });
});
