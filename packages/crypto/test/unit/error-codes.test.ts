import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const tests = new URL('../', import.meta.url);
const read = (path: string, base: URL) => readFileSync(new URL(path, base), 'utf8');

/** The members of the union `CryptoErrorCode`. */
const codes = [...read('../src/errors.ts', tests).matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(([, code]) => code as string);

const suites = readdirSync(tests, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => read(name, tests));

/** Rows of the table: | `CODE` | meaning | what to do | */
/** The client's codes stand behind those of this package. */
function ownPart(text: string): string {
  return text.slice(0, text.indexOf('## Client'));
}

const documented = [...ownPart(read('../../../docs/protocol/errors.md', tests)).matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
  ([, code]) => code as string,
);

test.each(codes)('%s is reached by a test', (code) => {
  expect(suites.some((source) => source.includes(`'${code}'`))).toBe(true);
});

test('docs/protocol/errors.md lists exactly the codes that exist, in their order', () => {
  expect(codes).toContain('INVALID_ARGUMENT');
  expect(documented).toEqual(codes);
});
