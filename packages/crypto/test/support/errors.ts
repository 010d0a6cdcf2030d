import { expect } from 'vitest';
import { CryptoError, type CryptoErrorCode } from '../../src/index.ts';

/** Asserts that `run` throws a {@link CryptoError} with `code`. */
export function expectCode(code: CryptoErrorCode, run: () => unknown): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(CryptoError);
  expect((thrown as CryptoError).code).toBe(code);
}

/** Asserts that `promise` rejects with a {@link CryptoError} of `code`. */
export async function expectRejection(code: CryptoErrorCode, promise: Promise<unknown>): Promise<void> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(CryptoError);
  expect((thrown as CryptoError).code).toBe(code);
}
