import { expect } from 'vitest';
import { type RatchetState, serializeState } from '../../src/index.ts';

/** Runs `step` and asserts that it left `state` byte for byte as it was, whether it returns or throws. */
export function untouched<Result>(state: RatchetState, step: () => Result): Result {
  const before = serializeState(state);
  try {
    return step();
  } finally {
    expect(Buffer.compare(serializeState(state), before)).toBe(0);
  }
}
