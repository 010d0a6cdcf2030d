/** Erasing a store of SQLite: the files are gone, and what is killed meanwhile can be opened and goes on. */

import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { RecordDatabase } from '../../src/node/store/record-database.ts';
import { eraseStore } from '../../src/vault/erase-store.ts';
import { readGuard } from '../../src/vault/guard-record.ts';
import { HEADER_NAME } from '../../src/vault/reserved-names.ts';
import { copyOf, createSqlite, databaseIn, openIn } from './folders.ts';
import { bytesOf, contentOf, recordOf } from './samples.ts';

async function filled() {
  const opened = await createSqlite();
  await opened.store.batch({ put: [{ name: HEADER_NAME, value: bytesOf('header', 120) }] });
  await opened.store.batch({ put: Array.from({ length: 1000 }, (_, i) => recordOf('a', i, 2000)) });
  return opened;
}

describe('an erased store', () => {
  test('leaves no file', async () => {
    const { store, folder, clock } = await filled();
    await eraseStore(store);
    expect(readdirSync(folder)).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test('that is killed at any step can be opened, says what it is, and is erased then', async () => {
    const { store, folder } = await filled();
    const copies: string[] = [];
    const removeLast = RecordDatabase.prototype.removeLast;
    const spy = vi.spyOn(RecordDatabase.prototype, 'removeLast').mockImplementation(function (
      this: RecordDatabase,
      count,
    ) {
      copies.push(copyOf(folder));
      return removeLast.call(this, count);
    });
    await eraseStore(store);
    spy.mockRestore();
    expect(copies.length).toBeGreaterThan(4);
    for (const copy of copies) {
      const left = await openIn(copy);
      const isEmpty = (await contentOf(left)).length === 0;
      expect(await left.get(HEADER_NAME)).toBeUndefined();
      expect(await readGuard(left)).toEqual(isEmpty ? {} : { erasing: true });
      await eraseStore(left);
      expect(existsSync(databaseIn(copy))).toBe(false);
    }
  });
});
