/** Programs of these tests, each in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts a program from its source. */
export function start(program: URL, ...args: readonly string[]): ChildProcess {
  const child = spawn(
    process.execPath,
    ['--conditions=@secret-chat/source', '--no-warnings', '--import', loader, fileURLToPath(program), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export function linesOf(child: ChildProcess): AsyncIterable<string> {
  return createInterface({ input: child.stdout as NodeJS.ReadableStream });
}

/** The first line that a program says. */
export async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of linesOf(child)) {
    return line;
  }
  throw new Error('the program said nothing');
}

/** The first line of a program that ends by itself, once it has ended. */
export async function ask(program: URL, ...args: readonly string[]): Promise<string> {
  const child = start(program, ...args);
  const [line] = await Promise.all([firstLine(child), once(child, 'exit')]);
  return line;
}

export async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
