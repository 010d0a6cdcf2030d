/** A program of a test in one file: it starts in a tenth of the time that its sources take. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const DRIVER = '@photostructure/sqlite';

/** Where it lies; it goes with the test. @param source as `new URL('victim.ts', import.meta.url)` */
export async function buildProgram(source: URL): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'secret-chat-program-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    platform: 'node',
    conditions: ['@secret-chat/source'],
    format: 'esm',
    target: 'node20',
    // What is CommonJS inside asks for Node's modules.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    outfile: file,
    logLevel: 'silent',
  });
  linkDriver(folder);
  return file;
}

/** The driver has a native part, which it looks for beside itself. */
function linkDriver(folder: string): void {
  const sqlite = createRequire(import.meta.url).resolve('@secret-chat/sqlite/package.json');
  const driver = dirname(createRequire(sqlite).resolve(`${DRIVER}/package.json`));
  const link = join(folder, 'node_modules', DRIVER);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(driver, link, 'junction');
}
