import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { thirdPartyFiles } from '../support/third-party.ts';

const folder = new URL('.', import.meta.url);

describe.skipIf(thirdPartyFiles().length === 0)('third-party vectors', () => {
  const suites = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));

  test.each(thirdPartyFiles())('%s is run by a suite of this folder', (file) => {
    expect(suites.some((source) => source.includes(`'${file}'`))).toBe(true);
  });
});
