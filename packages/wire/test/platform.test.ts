import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the entry bundles for a browser, and touches nothing of Node', async () => {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    conditions: ['@secret-chat/source', 'module'],
    format: 'esm',
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((input) => input.startsWith('node:'))).toEqual([]);
  expect(outputFiles[0]?.text).toContain('secret-chat.relay.v1');
});
