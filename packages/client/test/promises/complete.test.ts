/** Every promise of docs/promises.md has its proof here, in the same words, and every test that it names is there. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DOCUMENT = fileURLToPath(new URL('../../../../docs/promises.md', import.meta.url));

const IDS = Array.from({ length: 20 }, (_, i) => `P${i + 1}`);
/** `| P1 | promise | proven by | does not cover |` */
const ROW = /^\| (P\d+) \| (.+?) \| (.+?) \| (.*?) ?\|$/gm;
const DESCRIBE = /^describe\((['"])(P\d+): (.+)\1, /gm;
const LINK = /\]\(([^)#]+)(?:#[^)]*)?\)/g;

const document = readFileSync(DOCUMENT, 'utf8');
const rows = [...document.matchAll(ROW)].map(([, id, sentence, proofs, limits]) => ({
  id: id as string,
  sentence: (sentence as string).replaceAll('*', ''),
  links: linksIn(proofs as string),
  limits: limits as string,
}));

test('each of the twenty promises stands once in the document, with what it does not cover', () => {
  expect(rows.map(({ id }) => id)).toEqual(IDS);
  expect(rows.filter(({ limits }) => limits === '').map(({ id }) => id)).toEqual([]);
});

test('each has exactly one describe, in the words of the document, in the file that its row names first', () => {
  const proofs = readdirSync(HERE).flatMap((name) =>
    [...readFileSync(path.join(HERE, name), 'utf8').matchAll(DESCRIBE)].map(([, , id, sentence]) => ({
      id,
      sentence,
      file: path.join(HERE, name),
    })),
  );
  const byId = proofs.sort((a, b) => Number(a.id?.slice(1)) - Number(b.id?.slice(1)));
  expect(byId).toEqual(rows.map(({ id, sentence, links: [file] }) => ({ id, sentence, file })));
});

test('every file that the document names is there, and those that prove are tests', () => {
  expect(linksIn(document).filter((file) => !existsSync(file))).toEqual([]);
  expect(rows.flatMap(({ links }) => links).filter((file) => !file.includes('/test/'))).toEqual([]);
});

/** Where relative links lead. */
function linksIn(markdown: string): string[] {
  const targets = [...markdown.matchAll(LINK)].map(([, target]) => target as string);
  return targets.filter((target) => !target.includes('://')).map((target) => path.join(path.dirname(DOCUMENT), target));
}
