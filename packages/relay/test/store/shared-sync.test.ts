import { expect, test } from 'vitest';
import { SharedSync } from '../../src/store/sqlite/shared-sync.ts';

/** A sync that takes until it is told how it ends. */
class Held {
  /** Of each that began: ends it. */
  readonly begun: ((error?: Error) => void)[] = [];
  #seen: (() => void)[] = [];

  sync = (): Promise<void> =>
    new Promise((resolve, reject) => {
      this.begun.push((error) => (error === undefined ? resolve() : reject(error)));
      for (const seen of this.#seen) {
        seen();
      }
    });

  async untilBegun(count: number): Promise<void> {
    while (this.begun.length < count) {
      await new Promise<void>((resolve) => this.#seen.push(resolve));
    }
  }
}

test('one that began before does not count: who comes meanwhile waits for the next, and shares it', async () => {
  const [shared, held] = [new SharedSync(), new Held()];
  const done: string[] = [];
  const wait = (who: string) => shared.run('a', held.sync).then(() => done.push(who));
  const first = wait('first');
  await held.untilBegun(1);
  const others = Promise.all([wait('second'), wait('third')]);
  held.begun[0]?.();
  await first;
  await held.untilBegun(2);
  expect(done).toEqual(['first']);
  const last = wait('last');
  held.begun[1]?.();
  await others;
  expect(done).toEqual(['first', 'second', 'third']);
  await held.untilBegun(3);
  held.begun[2]?.();
  await last;
  expect(held.begun).toHaveLength(3);
});

test('who comes in one turn shares one, also the first', async () => {
  const [shared, held] = [new SharedSync(), new Held()];
  const all = Promise.all([shared.run('a', held.sync), shared.run('a', held.sync)]);
  await held.untilBegun(1);
  held.begun[0]?.();
  await all;
  expect(held.begun).toHaveLength(1);
});

test('one that fails fails everybody who waited for it, and nobody else', async () => {
  const [shared, held] = [new SharedSync(), new Held()];
  const results = Promise.allSettled([shared.run('a', held.sync), shared.run('a', held.sync)]);
  await held.untilBegun(1);
  const next = shared.run('a', held.sync);
  held.begun[0]?.(new Error('no disk'));
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await held.untilBegun(2);
  held.begun[1]?.();
  await next;
});

test('others do not wait for it', async () => {
  const [shared, slow, fast] = [new SharedSync(), new Held(), new Held()];
  const waiting = shared.run('a', slow.sync);
  const other = shared.run('b', fast.sync);
  await Promise.all([slow.untilBegun(1), fast.untilBegun(1)]);
  fast.begun[0]?.();
  await other;
  slow.begun[0]?.();
  await waiting;
});
