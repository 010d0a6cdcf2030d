/**
 * The terminal chat as a few files of plain JavaScript, which start in a fraction of the time that its sources take.
 *
 * Made anew whenever a source changed since, however many processes start at the same time.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installed } from './install.mjs';

const FOLDER = '.build/terminal';
/** Which bundle is the newest, and of which files it was made. */
const NEWEST = `${FOLDER}/newest.json`;

const ENTRIES = {
  main: 'examples/terminal/src/main.ts',
  // Started by name, beside the file that starts it.
  worker: 'packages/relay/src/store/sqlite/worker.ts',
};

/** Binaries are not bundled. */
const EXTERNAL = ['@photostructure/sqlite'];

/** CommonJS packages look for optional ones. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** A process that still runs loads parts of its bundle when it needs them. */
const KEEP_MS = 24 * 3600 * 1000;

/** The file to run. The working directory is the repository, and everything is installed. */
export async function bundled() {
  const newest = readNewest();
  if (newest?.installed === installed() && newest.inputs.every(([file, stamp]) => stampOf(file) === stamp)) {
    return path.resolve(newest.folder, 'main.js');
  }
  const { build } = await import('esbuild');
  const startedAt = Date.now();
  const folder = `${FOLDER}/${randomBytes(8).toString('hex')}`;
  const { metafile } = await build({
    entryPoints: ENTRIES,
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@secret-chat/source'],
    external: EXTERNAL,
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  });
  const sources = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  // What changed while it was read may have been read before or after.
  const inputs = sources.map((file) => [file, changedAt(file) < startedAt ? stampOf(file) : 'unknown']);
  writeFileSync(`${folder}.json`, JSON.stringify({ installed: installed(), folder, inputs }));
  renameSync(`${folder}.json`, NEWEST);
  removeOld(folder);
  return path.resolve(folder, 'main.js');
}

function readNewest() {
  try {
    const newest = JSON.parse(readFileSync(NEWEST, 'utf8'));
    return stampOf(`${newest.folder}/main.js`) === undefined ? undefined : newest;
  } catch {
    return undefined;
  }
}

/** Changes when the file does; `undefined` for one that is gone. */
function stampOf(file) {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.size} ${stats.mtimeMs}`;
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
}

function removeOld(newest) {
  mkdirSync(FOLDER, { recursive: true });
  for (const entry of readdirSync(FOLDER, { withFileTypes: true })) {
    const folder = `${FOLDER}/${entry.name}`;
    if (entry.isDirectory() && folder !== newest && Date.now() - changedAt(folder) > KEEP_MS) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
