/**
 * What `npm test`, `npm run bench` and the other root scripts call: installs what is missing, then runs one task.
 *
 * Works with nothing but Node and npm. Standard output belongs to the task; everything said here goes to standard error.
 */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ChildFailure, runNode, runTool } from './child.mjs';
import { ensureInstalled } from './install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The same as `engines` in package.json: the oldest Node that every tool here runs on. */
const OLDEST_NODE = [20, 19];

const tasks = {
  start: {
    does: 'the chat in this terminal; `start -- <invite>` joins, `start -- --help` lists every option',
    run: startTerminal,
  },
  demo: {
    does: 'the whole story, told by two devices and a relay that is looked into; needs no terminal',
    run: () => runTypeScript('examples/demo/src/main.ts', []),
  },
  test: {
    does: 'everything: types, lint, unused code, tests with coverage, packed packages; `test <filter>` runs matching tests alone',
    run: (args) => (args.length > 0 ? vitest(args) : testEverything()),
  },
  check: { does: 'types, lint, unused code', run: check },
  build: { does: 'compiles every package into its dist folder', run: build },
  bench: {
    does: 'benchmarks; `bench --help` lists options',
    run: (args) => runTypeScript('packages/crypto/bench/run.ts', args),
  },
  relay: {
    does: 'the relay alone; `relay --help` lists every option and limit',
    run: (args) => runTypeScript('packages/relay/src/program.ts', args),
  },
  'bench:relay': {
    does: 'benchmark of the relay; `bench:relay --help` lists options',
    run: (args) => runTypeScript('packages/relay/bench/relay.ts', args),
  },
  'bench:client': {
    does: 'benchmark of the client; `bench:client --help` lists options',
    run: (args) => runTypeScript('packages/client/bench/client.ts', args),
  },
  'bench:files': {
    does: 'benchmark of files, from disk over a relay to disk, beside cp and age; `bench:files --help` lists options',
    run: (args) => runTypeScript('packages/client/bench/media.ts', args),
  },
  'bench:timers': {
    does: 'benchmark of a million countdowns; `bench:timers --help` lists options',
    run: (args) => runTypeScript('packages/client/bench/timers.ts', args),
  },
  vectors: {
    does: 'writes the published test vectors anew',
    run: (args) => runTypeScript('packages/crypto/vectors/generate.ts', args),
  },
  format: {
    does: 'formats and sorts imports',
    run: (args) => runTool('@biomejs/biome', 'biome', ['check', '--write', ...args]),
  },
};

/** In this very process: it is there already, and signals and the exit code are the program's own. */
async function startTerminal(args) {
  const { bundled } = await import('./bundle.mjs');
  const file = await bundled();
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

async function testEverything() {
  await check();
  await vitest(['--coverage']);
  await build();
  await runNode(['scripts/check-packages.mjs', ...packages().filter(isPublished)]);
}

async function check() {
  await runTool('typescript', 'tsc', ['-b']);
  for (const project of packages().map((folder) => `${folder}/test/tsconfig.json`)) {
    if (existsSync(project)) {
      await runTool('typescript', 'tsc', ['-p', project]);
    }
  }
  await runTool('@biomejs/biome', 'biome', ['check', '--error-on-warnings']);
  await runTool('knip', 'knip', []);
}

/** From nothing, so that no output of a deleted source is packed. */
async function build() {
  for (const folder of packages()) {
    rmSync(`${folder}/dist`, { recursive: true, force: true });
  }
  await runTool('typescript', 'tsc', ['-b']);
}

function packages() {
  return ['packages', 'examples']
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((folder) => existsSync(`${folder}/package.json`));
}

function isPublished(folder) {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).private !== true;
}

function vitest(args) {
  return runTool('vitest', 'vitest', ['run', ...args]);
}

/** Sources of other packages are read as TypeScript too, so nothing has to be built first. */
function runTypeScript(file, args) {
  return runNode(['--conditions=@secret-chat/source', '--import=tsx', file, ...args]);
}

async function main([name, ...args]) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    console.error(`secret-chat needs Node ${OLDEST_NODE.join('.')} or newer; this is Node ${process.versions.node}.`);
    return 1;
  }
  if (!Object.hasOwn(tasks, name ?? '')) {
    console.error(`usage: npm run <task> [-- arguments]\n`);
    for (const [task, { does }] of Object.entries(tasks)) {
      console.error(`  ${task.padEnd(12)} ${does}`);
    }
    return 2;
  }
  process.chdir(root);
  await ensureInstalled();
  await tasks[name].run(args);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ChildFailure)) {
    throw error;
  }
  if (!error.wasAsked) {
    console.error(`secret-chat: ${error.message}`);
  }
  process.exitCode = error.exitCode;
}
