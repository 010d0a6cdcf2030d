import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Lanes } from '../../src/server/lanes.ts';

describe('lanes', () => {
  test('order between kinds is kept, one kind runs together, names are free of each other', async () => {
    const task = fc.record({
      name: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('put', 'ack', undefined),
      ticks: fc.nat(4),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 25 }), async (tasks) => {
        const lanes = new Lanes();
        const started: number[] = [];
        const ended = new Set<number>();
        const runs = tasks.map(({ name, kind, ticks, fails }, i) =>
          lanes
            .run(name, kind, async () => {
              const before = tasks.flatMap((task, j) => {
                return j < i && task.name === name && (kind === undefined || task.kind !== kind) ? [j] : [];
              });
              expect(before.filter((j) => !ended.has(j))).toEqual([]);
              started.push(i);
              for (let tick = 0; tick < ticks; tick++) {
                await undefined;
              }
              ended.add(i);
              if (fails) {
                throw new Error('task');
              }
            })
            .catch(() => undefined),
        );
        await Promise.all(runs);
        await new Promise((resolve) => setImmediate(resolve));
        expect(lanes.size).toBe(0);
        for (const name of ['a', 'b']) {
          const mine = started.filter((i) => tasks[i]?.name === name);
          expect(mine).toEqual([...mine].sort((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what is done is forgotten, also by a lane that is never empty', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const lanes = new Lanes();
    let end = (): void => undefined;
    const next = () => {
      const before = end;
      const run = new Promise<void>((resolve) => {
        end = resolve;
      });
      void lanes.run('a', 'put', () => run);
      before();
      return run;
    };
    const measure = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return process.memoryUsage().heapUsed;
    };
    next();
    const before = await measure();
    for (let i = 0; i < 100_000; i++) {
      next();
      await undefined;
    }
    expect(((await measure()) - before) / 100_000).toBeLessThan(20);
    end();
  });
});
