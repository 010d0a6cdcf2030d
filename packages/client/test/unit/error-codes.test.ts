import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test("docs/protocol/errors.md lists exactly the client's codes, in their order", () => {
  const document = read('../../../../docs/protocol/errors.md');
  const documented = document.slice(document.indexOf('## Client')).matchAll(/^\| `([A-Z_]+)` \|/gm);
  const written = read('../../src/errors.ts').matchAll(/^ {2}\| '([A-Z_]+)'/gm);
  expect([...documented].map(([, code]) => code)).toEqual([...written].map(([, code]) => code));
});
