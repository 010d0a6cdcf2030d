import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));

/** A task of the root's package.json, without npm, and what it says. */
async function task(...args: readonly string[]) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'secret-chat-test-'));
  const child = spawn(process.execPath, ['scripts/run.mjs', ...args, '--data', folder], {
    cwd: REPOSITORY,
    detached: true,
  });
  const said = { output: '', errors: '' };
  child.stdout.on('data', (chunk) => {
    said.output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.errors += chunk;
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  /** To all of its processes, as Ctrl-C does. */
  const signal = (name: NodeJS.Signals) => child.exitCode === null && process.kill(-(child.pid as number), name);
  onTestFinished(async () => {
    signal('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  return { said, exited, signal };
}

describe('npm run relay', () => {
  it('ends with Ctrl-C in good order, and does not call that a failure', async () => {
    const { said, exited, signal } = await task('relay', '--port', '0');
    await expect.poll(() => said.output, { timeout: 30_000 }).toContain('relay started');
    signal('SIGINT');
    expect(await exited).toBe(130);
    expect(said.output).toMatch(/relay stopped\n$/);
    expect(said.errors).toBe('');
  });
});
