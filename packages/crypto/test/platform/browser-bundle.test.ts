import { createCipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import type { Findings } from './browser-program.ts';

const home = new URL('../../', import.meta.url);
const source = new URL('src/', home);

/** An import or `require` that is not resolved, such as any of Node's, fails the build. */
async function bundle(entry: string, options: { packages?: 'external' } = {}) {
  const { outputFiles, metafile, warnings } = await build({
    entryPoints: [fileURLToPath(new URL(entry, home))],
    absWorkingDir: fileURLToPath(home),
    bundle: true,
    platform: 'browser',
    // Other packages of this workspace as sources; `module` is what esbuild asks for when nothing is given.
    conditions: ['@secret-chat/source', 'module'],
    format: 'esm',
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { code: outputFiles[0]?.text ?? '', inputs: metafile.inputs, imports, warnings };
}

describe('the entry, bundled for a browser', () => {
  test('needs nothing from outside', async () => {
    const { inputs, imports, warnings } = await bundle('src/index.ts');
    expect(Object.keys(inputs)).toContain('src/secret.ts');
    expect(imports).toEqual([]);
    expect(warnings).toEqual([]);
    // libsodium asks for Node's crypto only where there is a Node; for browsers its package.json makes it an empty module.
    const emptied = Object.entries(inputs).filter(([, { imports }]) =>
      imports.some(({ path }) => path.startsWith('(disabled)')),
    );
    expect(emptied.filter(([importer]) => !importer.includes('/node_modules/libsodium/'))).toEqual([]);
  });

  test('own code imports declared dependencies only, and touches neither Buffer nor process', async () => {
    const { code, imports } = await bundle('src/index.ts', { packages: 'external' });
    const { dependencies } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'));
    const isDeclared = (path: string) => Object.keys(dependencies).some((name) => `${path}/`.startsWith(`${name}/`));
    expect(imports.filter((path) => !isDeclared(path))).toEqual([]);
    // The one way that is allowed: asking whether there is a `process` that has Node's modules.
    const rest = code.replaceAll(/\w+\.process\?\.getBuiltinModule\b/g, '');
    expect(rest).not.toMatch(/\bBuffer\b|\bprocess\s*(\.|\?\.|\[)/);
  });

  test('runs without any of Node’s globals', async () => {
    const { code } = await bundle('test/platform/browser-program.ts');
    const findings = await runWithoutNode(code);
    const cipher = createCipheriv('aes-256-gcm', new Uint8Array(32).fill(1), new Uint8Array(12).fill(2));
    const ciphertext = cipher.update(new Uint8Array(100).fill(7));
    cipher.final();
    expect(findings).toEqual({
      nodeGlobals: [],
      beforeReady: 'NOT_READY',
      xWingAgrees: true,
      xchachaOpens: true,
      signatureVerifies: true,
      aesProvider: 'web',
      aesSealed: new Uint8Array(Buffer.concat([ciphertext, cipher.getAuthTag()])),
      aesOpens: true,
    } satisfies Findings);
  });
});

describe('sources', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const specifier = /(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]/g;

  test.each(files)('%s imports none of Node’s modules', (name) => {
    const text = readFileSync(new URL(name, source), 'utf8');
    const imported = [...text.matchAll(specifier)].map(([, path]) => path as string);
    expect(imported.filter((path) => path.startsWith('node:') || builtinModules.includes(path))).toEqual([]);
  });
});

/** Runs the bundle's `run` in a thread whose Node globals are gone before the bundle is loaded. */
async function runWithoutNode(code: string): Promise<Findings> {
  const program = `
    import { parentPort } from 'node:worker_threads';
    for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate']) {
      delete globalThis[name];
    }
    const { run } = await import(${JSON.stringify(dataUrl(code))});
    parentPort.postMessage(await run());
  `;
  const worker = new Worker(new URL(dataUrl(program)));
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    await worker.terminate();
  }
}

function dataUrl(code: string): string {
  return `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
}
