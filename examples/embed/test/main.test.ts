import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = new URL('../src/main.ts', import.meta.url);
const readme = new URL('../../../README.md', import.meta.url);

test('one message goes through, and the program ends by itself', async () => {
  const flags = ['--conditions=@secret-chat/source', '--import=tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, fileURLToPath(program)]);
  expect(stdout).toBe('Bob reads: Nobody but us can read this.\n');
});

test('the README shows this very program', () => {
  expect(readFileSync(readme, 'utf8')).toContain(readFileSync(program, 'utf8').trim());
});
