import { describe, expect, test } from 'vitest';
import { thirdParty } from './third-party.ts';

/** What every case of a Wycheproof file has; the rest depends on the file. */
interface WycheproofCase {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'acceptable' | 'invalid';
}

interface WycheproofFile<Case, Group> {
  readonly numberOfTests: number;
  readonly testGroups: readonly (Group & { readonly tests: readonly (Case & WycheproofCase)[] })[];
}

/** Runs `check` on every case of `file`, and fails unless as many ran as the file says it holds. */
export function wycheproof<Case, Group = unknown>(
  file: string,
  check: (testCase: Case & WycheproofCase, group: Group) => void,
): void {
  const vectors = thirdParty<WycheproofFile<Case, Group>>(file);
  describe.skipIf(vectors === undefined)(`Wycheproof ${file}`, () => {
    test(`all ${vectors?.numberOfTests ?? ''} cases`, () => {
      let run = 0;
      for (const group of vectors?.testGroups ?? []) {
        for (const testCase of group.tests) {
          try {
            check(testCase, group);
          } catch (cause) {
            throw new Error(`case ${testCase.tcId} (${testCase.result}: ${testCase.comment}): ${cause}`, { cause });
          }
          run++;
        }
      }
      expect(run).toBe(vectors?.numberOfTests);
    });
  });
}
