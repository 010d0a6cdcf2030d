import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('the story is told, every check holds, and the program exits with 0', async () => {
  const flags = ['--conditions=@secret-chat/source', '--import=tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program]);
  expect(stdout).toMatch(/── all \d+ checks hold\n$/);
  expect(stdout).not.toContain('✘');
});
