import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const PROMISE = /^(✔|–|✘.*?) (P\d+) +(\S.*) · (\S.*)$/gmu;

test('the story is told, each of the twenty promises says what was checked, and the program exits with 0', {
  timeout: 180_000,
}, async () => {
  const flags = ['--conditions=@secret-chat/source', '--import=tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
  expect(stdout).toMatch(/── all \d+ checks hold\n$/);
  expect(stdout).not.toContain('✘');
  const lines = [...stdout.matchAll(PROMISE)].map(([, mark, id]) => `${mark} ${id}`);
  expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `✔ P${i + 1}`));
});
