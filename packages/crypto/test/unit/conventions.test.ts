import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromUtf8 } from '../../src/bytes.ts';
import { LABEL } from '../../src/labels.ts';

const conventions = readFileSync(new URL('../../../../docs/protocol/conventions.md', import.meta.url), 'utf8');

const labels = Object.entries(LABEL).map(([name, label]) => [name, fromUtf8(label)]);

test('the table of conventions §4 and src/labels.ts agree', () => {
  const rows = conventions.matchAll(/^\| `(\w+)` \| `(secret-chat\/v1\/[^`]+)` \| .+ \|$/gm);
  expect([...rows].map(([, name, label]) => [name, label])).toEqual(labels);
});

test('no label stands for two purposes', () => {
  const texts = labels.map(([, label]) => label);
  expect(new Set(texts).size).toBe(texts.length);
});
