import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const home = new URL('../../', import.meta.url);
const path = (relative: string) => fileURLToPath(new URL(relative, home));
const readme = readFileSync(new URL('README.md', home), 'utf8');

const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code as string);
const example = blocks[0] ?? '';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-chat-readme-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the example in the README', () => {
  test('is the only one', () => {
    expect(blocks).toHaveLength(1);
  });

  test('has the types that it needs', () => {
    const file = join(folder, 'example.ts');
    writeFileSync(file, example);
    const config = {
      extends: path('test/tsconfig.json'),
      compilerOptions: {
        // It stands outside of the package, as a user's program does.
        paths: { '@secret-chat/crypto': [path('src/index.ts')] },
        typeRoots: [path('node_modules/@types')],
      },
      files: [file],
      include: [],
    };
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = path('../../node_modules/typescript/bin/tsc');
    expect(run(compiler, '-p', folder)).toBe('');
  });

  test('runs, and prints what its comments say', async () => {
    const outfile = join(folder, 'example.mjs');
    await build({
      stdin: { contents: example, loader: 'ts', resolveDir: path('.') },
      alias: { '@secret-chat/crypto': path('src/index.ts') },
      conditions: ['@secret-chat/source'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      outfile,
    });
    const expected = [...example.matchAll(/^\s*console\.log\(.*\); \/\/ (.+)$/gm)].map(([, said]) => said);
    expect(expected.length).toBeGreaterThan(5);
    expect(example.split('console.log(')).toHaveLength(expected.length + 1);
    expect(run(outfile).trimEnd().split('\n')).toEqual(expected);
  });
});

/** Runs a script in a process of its own; what it prints, or throws with what it said when it fails. */
function run(script: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [script, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  }
}
