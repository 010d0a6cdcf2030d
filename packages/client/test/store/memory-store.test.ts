import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory-store.ts';
import { storeContract } from './contract.ts';
import { contentOf, hex, recordOf } from './samples.ts';

storeContract({
  name: 'memory',
  async create() {
    const store = memoryStore();
    const reopen = async () => {
      await store.close();
      return memoryStore(store.snapshot());
    };
    return { store, reopen };
  },
});

describe('a snapshot', () => {
  test('is what there was, sorted, and rolls a store back', async () => {
    const store = memoryStore();
    const [a, b, c] = [recordOf('a', 1), recordOf('a', 2), recordOf('a', 3)];
    await store.batch({ put: [b, a] });
    const snapshot = store.snapshot();
    await store.batch({ put: [c], delete: [a.name] });
    expect(snapshot).toEqual([a, b]);
    expect(await contentOf(memoryStore(snapshot))).toEqual([a, b].map(({ name, value }) => [hex(name), hex(value)]));
    expect(store.snapshot()).toEqual([b, c]);
  });

  test('shares no memory with either store', async () => {
    const store = memoryStore();
    const record = recordOf('a', 1);
    await store.batch({ put: [record] });
    const snapshot = store.snapshot();
    const copy = memoryStore(snapshot);
    for (const { name, value } of snapshot) {
      name.fill(0);
      value.fill(0);
    }
    expect(copy.snapshot()).toEqual([record]);
    expect(store.snapshot()).toEqual([record]);
  });

  test('does not hold what is not resolved yet', async () => {
    const store = memoryStore();
    const done = store.batch({ put: [recordOf('a', 1)] });
    expect(store.snapshot()).toEqual([]);
    await done;
    expect(store.snapshot()).toHaveLength(1);
  });

  test('that no store made is refused', () => {
    const record = recordOf('a', 1);
    expect(() => memoryStore([record, record])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
