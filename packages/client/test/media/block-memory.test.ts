/** Memory for blocks of a stream: used again, and wiped whatever became of it. */

import { expect, test } from 'vitest';
import { BlockMemory } from '../../src/media/block-memory.ts';

test('what was given back is used again, if it is large enough', () => {
  const memory = new BlockMemory();
  const first = memory.take(100);
  memory.give(first.subarray(0, 10));
  expect(memory.take(100)).toBe(first);
  expect(memory.take(100)).not.toBe(first);
  memory.give(first);
  expect(memory.take(101).length).toBe(101);
});

test('all of it is wiped, what a failure kept from being given back too', () => {
  const memory = new BlockMemory();
  const taken = [memory.take(10), memory.take(10), memory.take(10)];
  for (const block of taken) {
    block.fill(7);
  }
  memory.give(taken[1] as Uint8Array);
  memory.wipe();
  expect(taken.every((block) => block.every((byte) => byte === 0))).toBe(true);
});
