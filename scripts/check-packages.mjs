/**
 * Packs each package named on the command line as it would be published, and checks the tarball, not the folder:
 * publint, attw, an import by a consumer, and what must never be published. The packages are built already.
 */

import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ChildFailure, run, runNode, runPnpm, runTool } from './child.mjs';

const FORBIDDEN_NAME = /(^|\/)(test|tests|bench|coverage|node_modules)\/|\.test\.|\.tsbuildinfo$|\.log$|\.env/;

const FORBIDDEN_TEXT = [
  ['a path of this machine', absolutePath(process.cwd(), os.homedir(), os.tmpdir())],
  ['an absolute path', absolutePath('file:///', '/home/', '/Users/', 'C:\\')],
  ['a package registry', /\bregistry\.\w+\.\w+|_authToken/],
  ['a specifier that only this workspace knows', /"(?:workspace|catalog):/],
];

const NODE_TYPES = '@types/node';

/** Nobody outside this workspace sets the `@secret-chat/source` condition: the entries must load, and type-check, without it. */
const CONSUMERS = [
  // A browser's, that knows nothing of Node.
  { lib: 'es2023,dom', types: '', takes: (entry) => entry === '.' },
  // Node's, that knows nothing of the DOM.
  { lib: 'es2023', types: 'node', takes: (entry) => entry !== './package.json' },
];

/** Finds any of `starts`, but not as the tail of a relative path. */
function absolutePath(...starts) {
  const escaped = starts.map((start) => start.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\w.-])(?:${escaped.join('|')})`);
}

/** The findings of one package, as sentences. */
async function check(folder, temporary) {
  const quiet = quietly(path.join(temporary, 'log'));
  await quiet((stdio) => runPnpm(['pack', '--pack-destination', temporary], { cwd: folder, stdio }));
  const tarball = path.join(
    temporary,
    readdirSync(temporary).find((name) => name.endsWith('.tgz')),
  );
  await run('tar', 'tar', ['-xzf', tarball, '-C', temporary]);
  const unpacked = path.join(temporary, 'package');
  const manifest = JSON.parse(readFileSync(path.join(unpacked, 'package.json'), 'utf8'));

  const bytes = readFileSync(tarball);
  const archive = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages } = await publint({ pack: { tarball: archive }, strict: true });
  await quiet((stdio) =>
    runTool('@arethetypeswrong/cli', 'attw', ['--profile', 'esm-only', '--format', 'ascii', tarball], { stdio }),
  );
  await quiet((stdio) => importAsConsumer(folder, unpacked, manifest, temporary, stdio));
  return [...messages.map((message) => `publint: ${formatMessage(message, manifest)}`), ...contentFindings(unpacked)];
}

/** Type-checks and runs a program of each consumer. */
async function importAsConsumer(folder, unpacked, manifest, temporary, stdio) {
  const { name, exports, dependencies, optionalDependencies } = manifest;
  link(unpacked, path.join(temporary, 'node_modules', name));
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    link(path.resolve(folder, 'node_modules', dependency), path.join(unpacked, 'node_modules', dependency));
  }
  const program = path.join(temporary, 'consumer.mts');
  const options = ['--ignoreConfig', '--module', 'nodenext', '--strict', '--skipLibCheck', 'false'];
  for (const { lib, types, takes } of CONSUMERS) {
    if (types === 'node') {
      link(path.resolve('node_modules', NODE_TYPES), path.join(temporary, 'node_modules', NODE_TYPES));
    }
    const entries = Object.keys(exports).filter(takes);
    writeFileSync(program, consumerOf(entries.map((entry) => path.posix.join(name, entry))));
    await runTool('typescript', 'tsc', [...options, '--lib', lib, '--types', types, program], {
      cwd: temporary,
      stdio,
    });
    await runNode([program.replace(/mts$/, 'mjs')], { stdio });
  }
}

function consumerOf(modules) {
  const imports = modules.map((module, i) => `import * as entry${i} from '${module}';\n`);
  const names = modules.map((_, i) => `...Object.keys(entry${i})`);
  return `${imports.join('')}export const names: string[] = [${names.join(', ')}];\n`;
}

function link(target, place) {
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}

function contentFindings(unpacked) {
  const findings = [];
  for (const entry of readdirSync(unpacked, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(unpacked, file).replaceAll(path.sep, '/');
    if (name.startsWith('node_modules') || !entry.isFile()) {
      continue;
    }
    if (FORBIDDEN_NAME.test(name)) {
      findings.push(`${name} must not be published`);
    }
    const text = readFileSync(file, 'utf8');
    for (const [what, pattern] of FORBIDDEN_TEXT) {
      const found = pattern.exec(text);
      if (found !== null) {
        findings.push(`${name} holds ${what}: ${found[0]}`);
      }
    }
  }
  return findings;
}

/** Shows what a program said only when it failed. */
function quietly(log) {
  return async (start) => {
    const output = openSync(log, 'w');
    try {
      await start(['ignore', output, output]);
    } catch (error) {
      process.stderr.write(readFileSync(log));
      throw error;
    } finally {
      closeSync(output);
    }
  };
}

for (const folder of process.argv.slice(2)) {
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'secret-chat-pack-'));
  try {
    const findings = await check(folder, temporary);
    for (const finding of findings) {
      console.error(`${folder}: ${finding}`);
    }
    if (findings.length > 0) {
      process.exitCode = 1;
    }
  } catch (error) {
    if (!(error instanceof ChildFailure)) {
      throw error;
    }
    console.error(`${folder}: ${error.message}`);
    process.exitCode = error.exitCode;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
