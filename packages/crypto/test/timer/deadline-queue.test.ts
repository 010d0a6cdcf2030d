import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineQueue, MAX_DELAY_MS } from '../../src/timer/index.ts';
import { expectCode } from '../support/errors.ts';

describe('the queue of deadlines', () => {
  it('gives the earliest first', () => {
    const queue = new DeadlineQueue<string>();
    expect(queue.next()).toBeUndefined();
    queue.set('b', 20);
    queue.set('a', 10);
    queue.set('c', 30);
    expect(queue.next()).toEqual({ id: 'a', deadlineMs: 10 });
    expect(queue.takeDue(20, 100)).toEqual(['a', 'b']);
    expect(queue.size).toBe(1);
    expect(queue.takeDue(29.9, 100)).toEqual([]);
    expect(queue.takeDue(30, 100)).toEqual(['c']);
    expect(queue.next()).toBeUndefined();
  });

  it('moves an entry that is set again, both ways', () => {
    const queue = new DeadlineQueue<string>();
    queue.set('a', 10);
    queue.set('b', 20);
    queue.set('a', 30);
    expect(queue.next()).toEqual({ id: 'b', deadlineMs: 20 });
    queue.set('a', 5);
    expect(queue.next()).toEqual({ id: 'a', deadlineMs: 5 });
    expect(queue.size).toBe(2);
  });

  it('forgets what is deleted', () => {
    const queue = new DeadlineQueue();
    queue.set('a', 10);
    queue.set(1, 20);
    queue.set('1', 30);
    expect(queue.delete('a')).toBe(true);
    expect(queue.delete('a')).toBe(false);
    expect(queue.delete(2)).toBe(false);
    expect(queue.takeDue(100, 100)).toEqual([1, '1']);
  });

  it('takes no more than the limit', () => {
    const queue = new DeadlineQueue<number>();
    for (let i = 0; i < 10; i++) {
      queue.set(i, i);
    }
    expect(queue.takeDue(100, 3)).toEqual([0, 1, 2]);
    expect(queue.takeDue(100, 0)).toEqual([]);
    expect(queue.takeDue(100, Number.POSITIVE_INFINITY)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it('tells a delay that setTimeout can take', () => {
    const queue = new DeadlineQueue<string>();
    expect(queue.delayUntilNext(0)).toBeUndefined();
    queue.set('a', 1000);
    expect(queue.delayUntilNext(400)).toBe(600);
    expect(queue.delayUntilNext(400.5)).toBe(600);
    expect(queue.delayUntilNext(5000)).toBe(0);
    queue.set('a', 1000 + 2 ** 40);
    expect(queue.delayUntilNext(1000)).toBe(MAX_DELAY_MS);
    expect(MAX_DELAY_MS).toBe(2 ** 31 - 1);
  });

  it('refuses what is no time', () => {
    const queue = new DeadlineQueue<string>();
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expectCode('INVALID_ARGUMENT', () => queue.set('a', bad));
      expectCode('INVALID_ARGUMENT', () => queue.takeDue(bad, 1));
      expectCode('INVALID_ARGUMENT', () => queue.delayUntilNext(bad));
    }
    expect(queue.size).toBe(0);
  });

  it('does what a sorted list does', () => {
    const id = fc.integer({ min: 0, max: 200 });
    const time = fc.integer({ min: 0, max: 1000 });
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), id, time }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), id }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('take' as const), time, limit: fc.integer({ min: 0, max: 30 }) }),
      },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400, size: 'max' }), (operations) => {
        const queue = new DeadlineQueue<number>();
        const model = new Map<number, number>();
        for (const step of operations) {
          if (step.do === 'set') {
            queue.set(step.id, step.time);
            model.set(step.id, step.time);
          } else if (step.do === 'delete') {
            expect(queue.delete(step.id)).toBe(model.delete(step.id));
          } else {
            const due = [...model.values()].filter((deadline) => deadline <= step.time).toSorted((a, b) => a - b);
            const taken = queue.takeDue(step.time, step.limit);
            expect(taken.map((key) => model.get(key))).toEqual(due.slice(0, step.limit));
            for (const key of taken) {
              expect(model.delete(key)).toBe(true);
            }
          }
          // One comparison a step: `expect` is slow, and there are 40 000 steps.
          const first = queue.next();
          const earliest = model.size === 0 ? undefined : Math.min(...model.values());
          const agrees = first?.deadlineMs === earliest && (first === undefined || model.get(first.id) === earliest);
          expect(agrees && queue.size === model.size).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('holds a million timers', () => {
    const count = 1_000_000;
    const queue = new DeadlineQueue<number>();
    // A full-period generator modulo 2^32: an order without a pattern, the same at each run.
    let seed = 1;
    const deadlines = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      deadlines[i] = seed;
      queue.set(i, seed);
    }
    expect(queue.size).toBe(count);
    // A tenth is postponed, a tenth is deleted.
    for (let i = 0; i < count; i += 10) {
      deadlines[i] = (deadlines[i] as number) + 2 ** 32;
      queue.set(i, deadlines[i] as number);
      queue.delete(i + 1);
      deadlines[i + 1] = Number.NaN;
    }
    expect(queue.size).toBe(count * 0.9);

    const expected = deadlines.filter((deadline) => !Number.isNaN(deadline)).sort();
    const taken: number[] = [];
    for (;;) {
      const ids = queue.takeDue(2 ** 34, 10_000);
      if (ids.length === 0) {
        break;
      }
      for (const id of ids) {
        taken.push(deadlines[id] as number);
      }
    }
    expect(queue.size).toBe(0);
    expect(taken.length).toBe(expected.length);
    expect(taken.every((deadline, i) => deadline === expected[i])).toBe(true);
  });
});
