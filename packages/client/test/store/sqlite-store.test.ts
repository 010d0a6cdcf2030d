import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { ClientError } from '../../src/errors.ts';
import { BUSY_MS, LONG_LOG, QUIET_MS } from '../../src/node/store/checkpoint-timer.ts';
import { RecordDatabase } from '../../src/node/store/record-database.ts';
import { storeContract } from './contract.ts';
import { createSqlite, databaseIn } from './folders.ts';
import { contentOf, hex, nameOf, recordOf } from './samples.ts';

storeContract({ name: 'sqlite', create: createSqlite });

/** Commits in a log; its layout is that of sqlite.org/fileformat2.html §4.1. */
function commitsIn(folder: string): number {
  const log = readFileSync(`${databaseIn(folder)}-wal`);
  let commits = 0;
  for (let at = 32; at < log.length; at += 24 + 4096) {
    commits += log.readUInt32BE(at + 4) === 0 ? 0 : 1;
  }
  return commits;
}

function logSize(folder: string): number {
  return statSync(`${databaseIn(folder)}-wal`).size;
}

describe('batches of one moment', () => {
  test('share one commit, also when they follow from each other', async () => {
    const { store, folder } = await createSqlite();
    const follow = async (i: number) => {
      for (let hops = 0; hops < i; hops += 1) {
        await undefined;
      }
      await store.batch({ put: [recordOf('a', i)] });
    };
    await Promise.all(Array.from({ length: 100 }, (_, i) => follow(i)));
    expect(commitsIn(folder)).toBe(1);
    await store.batch({ put: [recordOf('b', 1)] });
    await store.batch({ put: [recordOf('b', 2)] });
    expect(commitsIn(folder)).toBe(3);
  });

  test('are all rejected when the commit fails, change nothing, and do not hold up the next', async () => {
    const { store, reopen } = await createSqlite();
    await store.batch({ put: [recordOf('a', 0)] });
    const failing = vi.spyOn(RecordDatabase.prototype, 'write').mockImplementation(() => {
      throw new ClientError('STORE_FAILED', 'the disk is full');
    });
    const failed = [1, 2, 3].map((i) => store.batch({ put: [recordOf('a', i)] }));
    const results = await Promise.allSettled(failed);
    failing.mockRestore();
    expect(results).toEqual(
      results.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'STORE_FAILED' }) })),
    );
    expect(await contentOf(store)).toHaveLength(1);
    await store.batch({ put: [recordOf('a', 4)] });
    const expected = [0, 4].map((i) => hex(recordOf('a', i).name));
    expect((await contentOf(await reopen())).map(([name]) => name)).toEqual(expected);
  });

  test('are done at the second try when an emptied log makes room', async () => {
    const { store, folder } = await createSqlite();
    await store.batch({ put: [recordOf('a', 0)] });
    vi.spyOn(RecordDatabase.prototype, 'write').mockImplementationOnce(() => {
      throw new ClientError('STORE_FAILED', 'the disk is full');
    });
    await store.batch({ put: [recordOf('a', 1)] });
    expect(commitsIn(folder)).toBe(1);
    expect(await contentOf(store)).toHaveLength(2);
  });
});

describe('the log', () => {
  test('is emptied a moment after the last write, not before', async () => {
    const { store, folder, clock } = await createSqlite();
    expect(clock.timers).toBe(0);
    for (let i = 0; i < 3; i += 1) {
      await store.batch({ put: [recordOf('a', i)] });
      await clock.advance(QUIET_MS - 1);
      expect(logSize(folder)).toBeGreaterThan(0);
    }
    await clock.advance(1);
    expect(logSize(folder)).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test('is emptied every few seconds while there is no such moment', async () => {
    const { store, folder, clock } = await createSqlite();
    const empty: number[] = [];
    for (let at = 0; at < 3 * BUSY_MS; at += 100) {
      await store.batch({ put: [recordOf('a', at)] });
      await clock.advance(100);
      if (logSize(folder) === 0) {
        empty.push(at + 100);
      }
    }
    expect(empty).toEqual([BUSY_MS, 2 * BUSY_MS, 3 * BUSY_MS]);
  });

  test('is emptied as soon as it is long, after those who wait were answered', async () => {
    const { store, folder, clock } = await createSqlite();
    const value = new Uint8Array(1_000_000);
    for (let round = 0; round < 2; round += 1) {
      while (logSize(folder) <= LONG_LOG) {
        // Pages that stay as they are are not written.
        value.fill((value[0] as number) + 1);
        await store.batch({ put: [{ name: nameOf('a'), value }] });
      }
      await store.batch({ put: [recordOf('b', 1 + round)] });
      expect(logSize(folder)).toBeGreaterThan(LONG_LOG);
      await clock.advance(0);
      expect(logSize(folder)).toBe(0);
      expect(clock.timers).toBe(0);
    }
    await store.batch({ put: [recordOf('c', 1)] });
    await clock.advance(QUIET_MS - 1);
    expect(logSize(folder)).toBeGreaterThan(0);
    await clock.advance(1);
    expect(logSize(folder)).toBe(0);
  });

  test('that could not be emptied is tried again', async () => {
    const { store, folder, clock } = await createSqlite();
    await store.batch({ put: [recordOf('a', 1)] });
    vi.spyOn(RecordDatabase.prototype, 'emptyLog').mockImplementationOnce(() => {
      throw new ClientError('STORE_FAILED', 'the disk is full');
    });
    await clock.advance(QUIET_MS);
    expect(logSize(folder)).toBeGreaterThan(0);
    await clock.advance(BUSY_MS);
    expect(logSize(folder)).toBe(0);
  });

  test('leaves no timer behind when the store is closed', async () => {
    const { store, clock } = await createSqlite();
    await store.batch({ put: [recordOf('a', 1)] });
    await store.close();
    expect(clock.timers).toBe(0);
  });
});
