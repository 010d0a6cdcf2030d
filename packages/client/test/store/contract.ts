/** What every adapter of `Store` must do; `src/store/store.ts` says why. */

import { describe, expect, test } from 'vitest';
import type { RangeQuery, Store, StoredRecord } from '../../src/store/store.ts';
import type { Backend } from './backend.ts';
import { bytesOf, contentOf, FIRST, hex, LAST, nameOf, recordOf } from './samples.ts';

const SIZES = [0, 1, 73, 900, 1002, 1003, 4061, 4096, 20_000, 1_000_000];

export function storeContract({ name, create }: Backend): void {
  describe(`${name}: records`, () => {
    test('come back exact in any size, after a restart too', async () => {
      const { store, reopen } = await create();
      const records = SIZES.map((size) => recordOf('a', size, size));
      await store.batch({ put: records });
      for (const live of [async () => store, reopen]) {
        const life = await live();
        for (const { name, value } of records) {
          expect(Buffer.compare((await life.get(name)) as Uint8Array, value)).toBe(0);
        }
        expect(await contentOf(life)).toEqual(records.map((record) => [hex(record.name), hex(record.value)]));
      }
    });

    test('are plain bytes, also when a Buffer or a part of another array was put', async () => {
      const { store } = await create();
      const inside = new Uint8Array(100).fill(7).subarray(10, 34);
      await store.batch({ put: [{ name: Buffer.from(inside), value: Buffer.from('text') }] });
      const value = await store.get(inside);
      const [record] = await store.range({ from: inside, to: inside });
      expect(value).toEqual(new Uint8Array(Buffer.from('text')));
      expect(record).toEqual({ name: new Uint8Array(24).fill(7), value });
      for (const bytes of [value, record?.name, record?.value]) {
        expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      }
    });

    test('are not there before they were put, nor after they were deleted', async () => {
      const { store, reopen } = await create();
      const { name, value } = recordOf('a', 1);
      expect(await store.get(name)).toBeUndefined();
      await store.batch({ put: [{ name, value }] });
      await store.batch({ delete: [name] });
      expect(await store.get(name)).toBeUndefined();
      expect(await contentOf(await reopen())).toEqual([]);
    });

    test('are replaced by what is put under the same name, longer or shorter', async () => {
      const { store, reopen } = await create();
      for (const size of [100, 20_000, 0, 3000]) {
        await store.batch({ put: [recordOf('a', 1, size)] });
        expect(await store.get(nameOf('a', 1))).toEqual(recordOf('a', 1, size).value);
      }
      expect(await contentOf(await reopen())).toHaveLength(1);
    });

    test('share no memory with who put or got them', async () => {
      const { store } = await create();
      const { name, value } = recordOf('a', 1);
      const given = { name: new Uint8Array(name), value: new Uint8Array(value) };
      const done = store.batch({ put: [given] });
      given.name.fill(1);
      given.value.fill(1);
      await done;
      const read = [await store.get(name), ...(await store.range({ from: name, to: name })).map((each) => each.value)];
      for (const copy of read) {
        expect(copy).toEqual(value);
        copy?.fill(2);
      }
      expect(await store.get(name)).toEqual(value);
      const deleted = new Uint8Array(name);
      const gone = store.batch({ delete: [deleted] });
      deleted.fill(3);
      await gone;
      expect(await store.get(name)).toBeUndefined();
    });
  });

  describe(`${name}: ranges`, () => {
    /** Names around the places where a comparison of signed bytes, or of numbers, goes wrong. */
    const positions = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff_ffff, 0x8000_0000, 0x1_0000_0000, Number.MAX_SAFE_INTEGER];
    const records: StoredRecord[] = [
      { name: FIRST, value: bytesOf('first', 3) },
      ...[0x7f, 0x80].flatMap((byte) =>
        positions.map((position) => {
          const name = nameOf('', position);
          name[0] = byte;
          return { name, value: bytesOf(`${byte} ${position}`, 10) };
        }),
      ),
      { name: LAST, value: bytesOf('last', 3) },
    ];
    const names = records.map((record) => hex(record.name));

    async function found(store: Store, query: RangeQuery): Promise<string[]> {
      const result = await store.range(query);
      for (const { name, value } of result) {
        expect(value).toEqual(records[names.indexOf(hex(name))]?.value);
      }
      return result.map((record) => hex(record.name));
    }

    async function filled(): Promise<Store> {
      const { store } = await create();
      await store.batch({ put: records.toReversed() });
      return store;
    }

    test('go from name to name, both included, byte by byte', async () => {
      const store = await filled();
      for (const [i, { name: from }] of records.entries()) {
        for (const [j, { name: to }] of records.entries()) {
          expect(await found(store, { from, to })).toEqual(names.slice(i, j + 1));
          expect(await found(store, { from, to, reverse: true })).toEqual(names.slice(i, j + 1).toReversed());
        }
      }
    });

    test('begin and end where there is no record', async () => {
      const store = await filled();
      const [from, to] = [nameOf('', 2), nameOf('', 0xfe)];
      from[0] = 0x7f;
      to[0] = 0x7f;
      expect(await found(store, { from, to })).toEqual(names.slice(3, 5));
      expect(await found(store, { from: to, to: from })).toEqual([]);
      expect(await found(store, { from, to: from })).toEqual([]);
    });

    test.each([0, 1, 5, 22, 1000, Number.MAX_SAFE_INTEGER])('hold at most %d records', async (limit) => {
      const store = await filled();
      expect(await found(store, { from: FIRST, to: LAST, limit })).toEqual(names.slice(0, limit));
      const reverse = await found(store, { from: FIRST, to: LAST, limit, reverse: true });
      expect(reverse).toEqual(names.toReversed().slice(0, limit));
    });
  });

  describe(`${name}: batches`, () => {
    test('put and delete together', async () => {
      const { store, reopen } = await create();
      const [a, b, c] = [recordOf('a', 1), recordOf('b', 1), recordOf('c', 1)];
      await store.batch({ put: [a, b] });
      await store.batch({ put: [c], delete: [a.name, nameOf('never')] });
      const expected = [b, c].map(({ name, value }) => [hex(name), hex(value)]).sort();
      expect(await contentOf(store)).toEqual(expected);
      expect(await contentOf(await reopen())).toEqual(expected);
    });

    test('of nothing, and deletions of what is not there, are done', async () => {
      const { store } = await create();
      await store.batch({});
      await store.batch({ put: [], delete: [] });
      await store.batch({ delete: [nameOf('never')] });
      expect(await contentOf(store)).toEqual([]);
    });

    test('take effect in the order of their calls, whoever waits for them', async () => {
      const { store, reopen } = await create();
      const name = nameOf('a');
      const done: Promise<void>[] = [];
      for (let i = 0; i < 300; i += 1) {
        done.push(store.batch(i % 3 === 1 ? { delete: [name] } : { put: [{ name, value: bytesOf(`${i}`, 50) }] }));
        if (i % 100 === 99) {
          await done.at(-1);
        }
      }
      await Promise.all(done);
      expect(await store.get(name)).toEqual(bytesOf('299', 50));
      expect(await (await reopen()).get(name)).toEqual(bytesOf('299', 50));
    });

    test('are seen by every read once they are resolved', async () => {
      const { store } = await create();
      await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          const record = recordOf('a', i);
          await store.batch({ put: [record] });
          expect(await store.get(record.name)).toEqual(record.value);
          expect(await store.range({ from: record.name, to: record.name })).toEqual([record]);
        }),
      );
    });

    test.each<[string, (good: StoredRecord) => Parameters<Store['batch']>[0]]>([
      ['a name twice', (good) => ({ put: [good, good] })],
      ['a name that is put and deleted', (good) => ({ put: [good], delete: [good.name] })],
      ['a short name', (good) => ({ put: [good, { name: new Uint8Array(23), value: good.value }] })],
      ['a long name to delete', (good) => ({ put: [good], delete: [new Uint8Array(25)] })],
      ['a value that is no bytes', (good) => ({ put: [good, { name: LAST, value: 'text' as never }] })],
      ['a name that is no bytes', (good) => ({ put: [good], delete: ['name' as never] })],
    ])('with %s are refused, and change nothing', async (_, make) => {
      const { store, reopen } = await create();
      await expect(store.batch(make(recordOf('a', 1)))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(await contentOf(store)).toEqual([]);
      expect(await contentOf(await reopen())).toEqual([]);
    });
  });

  describe(`${name}: erasing`, () => {
    test('leaves an empty store that is closed', async () => {
      const { store, reopen } = await create();
      await store.batch({ put: Array.from({ length: 700 }, (_, i) => recordOf('a', i, 500)) });
      await store.erase?.();
      await expect(store.get(nameOf('a', 1))).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(store.batch({})).rejects.toMatchObject({ code: 'CLOSED' });
      await store.close();
      const next = await reopen();
      expect(await contentOf(next)).toEqual([]);
      await next.batch({ put: [recordOf('b', 1)] });
      expect(await contentOf(next)).toHaveLength(1);
    });

    test('takes with it what was put before, and is refused after `close`', async () => {
      const { store, reopen } = await create();
      const put = store.batch({ put: [recordOf('a', 1)] });
      await Promise.all([put, store.erase?.()]);
      expect(await contentOf(await reopen())).toEqual([]);
      const { store: other } = await create();
      await other.close();
      await expect(other.erase?.()).rejects.toMatchObject({ code: 'CLOSED' });
    });
  });

  describe(`${name}: calls`, () => {
    test.each<[string, (store: Store) => Promise<unknown>]>([
      ['a name that is too short', (store) => store.get(new Uint8Array(16))],
      ['a name that is no bytes', (store) => store.get('x'.repeat(24) as never)],
      ['a range from a short name', (store) => store.range({ from: new Uint8Array(), to: LAST })],
      ['a range to a long name', (store) => store.range({ from: FIRST, to: new Uint8Array(25) })],
      ['a negative limit', (store) => store.range({ from: FIRST, to: LAST, limit: -1 })],
      ['half a limit', (store) => store.range({ from: FIRST, to: LAST, limit: 0.5 })],
    ])('with %s are refused', async (_, call) => {
      const { store } = await create();
      await expect(call(store)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    });

    test('that were made before `close` are finished', async () => {
      const { store, reopen } = await create();
      const done = [1, 2, 3].map((i) => store.batch({ put: [recordOf('a', i)] }));
      const closed = store.close();
      await Promise.all([...done, closed]);
      expect(await contentOf(await reopen())).toHaveLength(3);
    });

    test('after `close` are refused, but another `close`', async () => {
      const { store } = await create();
      const record = recordOf('a', 1);
      await store.batch({ put: [record] });
      const closed = store.close();
      for (const call of [
        () => store.get(record.name),
        () => store.range({ from: FIRST, to: LAST }),
        () => store.batch({ delete: [record.name] }),
        () => store.batch({}),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'CLOSED' });
      }
      await closed;
      await store.close();
      await expect(store.get(record.name)).rejects.toMatchObject({ code: 'CLOSED' });
    });
  });
}
