/** The platform-free entry in a browser: it needs nothing of Node. */

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { bundle } from '../support/browser-bundle.ts';
import type { Findings } from '../support/browser-program.ts';

const home = new URL('../../', import.meta.url);

test('bundled, it needs nothing from outside, and nothing that is there for Node', async () => {
  const { inputs, imports, warnings } = await bundle('src/index.ts');
  expect(imports).toEqual([]);
  expect(warnings).toEqual([]);
  expect(inputs).toContain('src/device/open-device.ts');
  expect(inputs.filter((path) => path.startsWith('src/node/') || /node_modules\/ws\//.test(path))).toEqual([]);
});

test('its own code imports declared dependencies only, and touches neither Buffer nor process', async () => {
  const { code, imports } = await bundle('src/index.ts', { packages: 'external' });
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'));
  const isDeclared = (path: string) => Object.keys(dependencies).some((name) => `${path}/`.startsWith(`${name}/`));
  expect(imports.filter((path) => !isDeclared(path))).toEqual([]);
  expect(imports).not.toContain('ws');
  // By lines, so that a failure shows only what it is about.
  expect(code.split('\n').filter((line) => /\bBuffer\b|\bprocess\s*(\.\w|\?\.|\[)/.test(line))).toEqual([]);
});

test('a device opens, closes and opens again without any of Node’s globals', async () => {
  const { code } = await bundle('test/support/browser-program.ts');
  expect(await runWithoutNode(code)).toEqual({
    nodeGlobals: [],
    name: 'Alice',
    relay: 'wss://relay.example',
    link: 'ABORTED',
    wrongPassphrase: 'WRONG_PASSPHRASE',
    sameIdentity: true,
  } satisfies Findings);
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
