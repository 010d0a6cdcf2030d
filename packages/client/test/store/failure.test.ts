import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { QUIET_MS } from '../../src/node/store/checkpoint-timer.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fillDisk, MAY_MOUNT, smallDisk } from '../support/small-disk.ts';
import { ask, databaseIn, openIn } from './folders.ts';
import { bytesOf, contentOf, hex, nameOf, recordOf } from './samples.ts';

const MIB = 1024 * 1024;

const disk = describe.skipIf(!MAY_MOUNT);

disk('a full disk (needs root to mount a small one)', () => {
  async function onSmallDisk(size: number) {
    const mounted = smallDisk(size);
    if (mounted === undefined) {
      return undefined;
    }
    const folder = path.join(mounted, 'data');
    const clock = new FakeClock();
    const store = await openIn(folder, clock);
    return { mounted, folder, clock, store };
  }

  test('rejects whole batches with STORE_FAILED, changes nothing, and goes on when there is room', async (context) => {
    const small = await onSmallDisk(4 * MIB);
    if (small === undefined) {
      context.skip('this process may not mount a tmpfs');
      return;
    }
    const { mounted, folder, clock, store } = small;
    const batchOf = (i: number) => [0, 1, 2].map((j) => recordOf(`part ${j}`, i, 3000));
    const expected = new Map<string, string>();
    const stored = (i: number) => {
      for (const { name, value } of batchOf(i)) {
        expected.set(hex(name), hex(value));
      }
    };
    await store.batch({ put: batchOf(0) });
    stored(0);
    const makeRoom = fillDisk(mounted);

    let failures = 0;
    for (let i = 1; i < 400; i += 4) {
      // Four at once share a commit, and their fate.
      const group = [i, i + 1, i + 2, i + 3];
      const results = await Promise.allSettled(group.map((each) => store.batch({ put: batchOf(each) })));
      expect(new Set(results.map(({ status }) => status)).size).toBe(1);
      for (const [at, result] of results.entries()) {
        if (result.status === 'fulfilled') {
          stored(group[at] as number);
        } else {
          expect(result.reason).toMatchObject({ name: 'ClientError', code: 'STORE_FAILED' });
          failures += 1;
        }
      }
    }
    expect(failures).toBeGreaterThan(100);
    const sorted = () => [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(await contentOf(store)).toEqual(sorted());
    await clock.advance(60_000);

    makeRoom();
    await store.batch({ put: batchOf(400), delete: [nameOf('part 0', 0)] });
    stored(400);
    expected.delete(hex(nameOf('part 0', 0)));
    expect(await contentOf(store)).toEqual(sorted());
    await clock.advance(60_000);
    expect(readFileSync(`${databaseIn(folder)}-wal`)).toHaveLength(0);
    await store.close();
    expect(ask(folder, 'PRAGMA store.integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(await contentOf(await openIn(folder))).toEqual(sorted());
  });

  test('is no reason not to open a store, to read it, and to delete from it while the log can be emptied', async (context) => {
    const small = await onSmallDisk(6 * MIB);
    if (small === undefined) {
      context.skip('this process may not mount a tmpfs');
      return;
    }
    const { mounted, folder, clock, store } = small;
    const records = Array.from({ length: 200 }, (_, i) => recordOf('a', i, 3000));
    await store.batch({ put: records });
    await clock.advance(QUIET_MS);
    // A log that needs no new pages in the database.
    for (let i = 0; i < 200; i += 1) {
      await store.batch({ put: [{ name: nameOf('a', i % 20), value: bytesOf(`version ${i}`, 3000) }] });
    }
    fillDisk(mounted);
    for (const { name } of records.slice(0, 150)) {
      await store.batch({ delete: [name] });
    }
    expect(await contentOf(store)).toHaveLength(50);
    await store.close();
    const reopened = await openIn(folder);
    expect(await contentOf(reopened)).toHaveLength(50);
  });

  test('that keeps the log from being emptied makes `close` say so, and lets go of the store', async (context) => {
    const small = await onSmallDisk(2 * MIB);
    if (small === undefined) {
      context.skip('this process may not mount a tmpfs');
      return;
    }
    const { mounted, folder, store } = small;
    await store.batch({ put: Array.from({ length: 100 }, (_, i) => recordOf('a', i, 3000)) });
    const makeRoom = fillDisk(mounted);
    const closed = store.close();
    await expect(closed).rejects.toMatchObject({ code: 'STORE_FAILED' });
    const reopened = await openIn(folder);
    expect(await contentOf(reopened)).toHaveLength(100);
    makeRoom();
    await reopened.batch({ put: [recordOf('a', 100)] });
    await reopened.close();
    expect(ask(folder, 'PRAGMA store.integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
});
