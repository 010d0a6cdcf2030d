/** Installs the dependencies once per lockfile, however many processes start at the same time. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildFailure, runPnpm } from './child.mjs';

/** What was installed; written last, so that an install that was cut off does not count. */
const STAMP = 'node_modules/.secret-chat-installed';

/** A folder, since making one either succeeds or fails, on every file system. */
const LOCK = '.build/install.lock';

/** The owner touches its lock this often … */
const HEARTBEAT_MS = 1_000;

/** … so an owner not heard for so long is dead. */
const STALE_MS = 10_000;

const POLL_MS = 100;

/** Returns at once when everything is there. The working directory is the repository. */
export async function ensureInstalled() {
  const wanted = fingerprint();
  if (isInstalled(wanted)) {
    return;
  }
  const release = await lock();
  try {
    // Another process may have done it while this one waited.
    if (isInstalled(wanted)) {
      return;
    }
    console.error('secret-chat: installing dependencies (npx pnpm@12 install --frozen-lockfile) …');
    rmSync(STAMP, { force: true });
    await install();
    writeFileSync(STAMP, wanted);
  } finally {
    release();
  }
}

/** What is installed now; empty if that is not known. */
export function installed() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
}

/** Changes whenever an installed tree may no longer fit: other versions, another Node (binaries), another platform. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(file)).update('\0');
  }
  const node = process.versions.node.split('.')[0];
  return `${hash.digest('hex')} node ${node} ${process.platform} ${process.arch}\n`;
}

function isInstalled(wanted) {
  return installed() === wanted;
}

async function install() {
  try {
    await runPnpm(['install', '--frozen-lockfile'], { stdio: ['ignore', process.stderr, process.stderr] });
  } catch (error) {
    throw new ChildFailure(`the install did not succeed: ${error.message}`, error.exitCode);
  }
}

/** Waits for the lock and returns what gives it back. */
async function lock() {
  mkdirSync('.build', { recursive: true });
  let touched;
  let since = performance.now();
  let waiting = false;
  while (!tryMake(LOCK)) {
    const now = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs;
    if (now !== touched) {
      // Measured on this process's own clock: neither a wrong wall clock nor a suspended machine makes a lock stale.
      touched = now;
      since = performance.now();
    } else if (performance.now() - since > STALE_MS) {
      rmSync(LOCK, { recursive: true, force: true });
    }
    if (!waiting) {
      waiting = true;
      console.error('secret-chat: waiting for the install that another process runs …');
    }
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(touch, HEARTBEAT_MS);
  return () => {
    clearInterval(heartbeat);
    rmSync(LOCK, { recursive: true, force: true });
  };
}

function touch() {
  const now = new Date();
  try {
    utimesSync(LOCK, now, now);
  } catch {
    // Taken away, say by a stopped process that went on: the install itself is not harmed.
  }
}

function tryMake(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  }
}
