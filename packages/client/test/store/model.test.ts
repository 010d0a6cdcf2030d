import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory-store.ts';
import type { Batch, RangeQuery, Store } from '../../src/store/store.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { createSqlite } from './folders.ts';
import { bytesOf, contentOf, hex, nameOf } from './samples.ts';

const RUNS = 150;

/** Few, so that they meet. */
const name = fc.record({ family: fc.constantFrom('a', 'b', 'c'), position: fc.nat({ max: 9 }) });
const size = fc.constantFrom(0, 1, 73, 500, 1010, 5000, 30_000);

type Name = typeof name extends fc.Arbitrary<infer T> ? T : never;

const change = fc.record({ name, size: fc.option(size, { freq: 2 }), version: fc.nat({ max: 1000 }) });
const changes = fc.uniqueArray(change, { selector: (each) => keyOf(each.name), maxLength: 8 });
const range = fc.record({
  from: name,
  to: name,
  limit: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
  reverse: fc.boolean(),
});

type Step =
  /** Batches that are called at once. */
  | {
      readonly kind: 'batches';
      readonly batches: readonly (readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[])[];
    }
  | { readonly kind: 'range'; readonly range: typeof range extends fc.Arbitrary<infer T> ? T : never }
  | { readonly kind: 'get'; readonly name: Name }
  | { readonly kind: 'later'; readonly ms: number }
  | { readonly kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('batches' as const), batches: fc.array(changes, { maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('range' as const), range }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('later' as const), ms: fc.constantFrom(100, 600, 5000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

function keyOf({ family, position }: Name): string {
  return hex(nameOf(family, position));
}

/** A map, sorted when it is read. */
class Model {
  readonly #values = new Map<string, string>();

  apply(batches: Extract<Step, { kind: 'batches' }>['batches']): void {
    for (const each of batches.flat()) {
      if (each.size === null) {
        this.#values.delete(keyOf(each.name));
      } else {
        this.#values.set(keyOf(each.name), hex(bytesOf(`${each.version}`, each.size)));
      }
    }
  }

  get(of: Name): string | undefined {
    return this.#values.get(keyOf(of));
  }

  range({ from, to, limit, reverse }: Extract<Step, { kind: 'range' }>['range']): [string, string][] {
    const [first, last] = [keyOf(from), keyOf(to)];
    const found = this.all().filter(([each]) => each >= first && each <= last);
    return (reverse ? found.reverse() : found).slice(0, limit);
  }

  all(): [string, string][] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function batchOf(all: Extract<Step, { kind: 'batches' }>['batches'][number]): Batch {
  const put = all.flatMap(({ name: { family, position }, size: bytes, version }) =>
    bytes === null ? [] : [{ name: nameOf(family, position), value: bytesOf(`${version}`, bytes) }],
  );
  const gone = all.filter((each) => each.size === null).map((each) => nameOf(each.name.family, each.name.position));
  return { put, delete: gone };
}

function queryOf({ from, to, limit, reverse }: Extract<Step, { kind: 'range' }>['range']): RangeQuery {
  return {
    from: nameOf(from.family, from.position),
    to: nameOf(to.family, to.position),
    reverse,
    ...(limit === undefined ? {} : { limit }),
  };
}

async function run(steps: readonly Step[], opened: { store: Store; reopen(): Promise<Store>; clock?: FakeClock }) {
  const model = new Model();
  let { store } = opened;
  for (const each of steps) {
    switch (each.kind) {
      case 'batches':
        await Promise.all(each.batches.map((batch) => store.batch(batchOf(batch))));
        model.apply(each.batches);
        break;
      case 'range': {
        const found = await store.range(queryOf(each.range));
        expect(found.map((record) => [hex(record.name), hex(record.value)])).toEqual(model.range(each.range));
        break;
      }
      case 'get': {
        const found = await store.get(nameOf(each.name.family, each.name.position));
        expect(found && hex(found)).toBe(model.get(each.name));
        break;
      }
      case 'later':
        await opened.clock?.advance(each.ms);
        break;
      case 'reopen':
        store = await opened.reopen();
    }
  }
  expect(await contentOf(store)).toEqual(model.all());
  await store.close();
}

test('a memory store does what a map does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let store = memoryStore();
      const reopen = async () => {
        await store.close();
        store = memoryStore(store.snapshot());
        return store;
      };
      await run(steps, { store, reopen });
    }),
    { numRuns: RUNS },
  );
});

test('an SQLite store does what a map does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await run(steps, await createSqlite());
    }),
    { numRuns: RUNS },
  );
});
