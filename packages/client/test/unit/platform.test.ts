/** The platform-free client: every file of it runs in a browser, and gets its effects passed in. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const source = new URL('../../src/', import.meta.url);
/** All but the entry for Node. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.startsWith('node/'),
);
/** What is passed in when a program passes nothing. */
const SYSTEM = 'platform.ts';

test.each(files)('%s bundles for a browser, and touches nothing of Node', async (name) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(name, source))],
    bundle: true,
    platform: 'browser',
    packages: 'external',
    format: 'esm',
    minifyWhitespace: true,
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  expect(imports.filter((path) => !path.startsWith('@secret-chat/'))).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(/\bBuffer\b|\bprocess\s*(\.|\?\.|\[)/);
});

test.each(files.filter((name) => name !== SYSTEM))(
  '%s reads no clock, sets no timer and draws no randomness of its own',
  (name) => {
    const code = readFileSync(new URL(name, source), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code).not.toMatch(/\b(Date|performance|setTimeout|setInterval|crypto)\b\s*[.(]/);
  },
);
