/** Child processes: signals go down to them, exit codes come back up. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A child that did not succeed, or was told to end. */
export class ChildFailure extends Error {
  /** @param wasAsked whoever runs this told it to end, and need not be told so */
  constructor(message, exitCode, wasAsked = false) {
    super(message);
    this.exitCode = exitCode;
    this.wasAsked = wasAsked;
  }
}

/** Runs `command` to its end on this terminal; `name` is what a failure calls it. */
export function run(name, command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    let received;
    const forward = (signal) => {
      received = signal;
      child.kill(signal);
    };
    for (const signal of SIGNALS) {
      process.on(signal, forward);
    }
    const settle = (failure) => {
      for (const signal of SIGNALS) {
        process.off(signal, forward);
      }
      failure === undefined ? resolve() : reject(failure);
    };
    child.on('error', (error) => settle(new ChildFailure(`${name}: ${error.message}`, 127)));
    child.on('close', (code, ended) => {
      // Told to end, nothing after this child may start, even when it ended with 0.
      const signal = received ?? ended;
      if (signal) {
        const exitCode = 128 + os.constants.signals[signal];
        settle(new ChildFailure(`${name} ended by ${signal}`, exitCode, received !== undefined));
      } else {
        settle(code === 0 ? undefined : new ChildFailure(`${name} failed`, code));
      }
    });
  });
}

/** Runs a script with this very Node. */
export function runNode(args, options) {
  return run(`node ${args.join(' ')}`, process.execPath, args, options);
}

/** Runs a program of an installed package with this very Node: faster than the `.bin` wrapper, and the same on Windows. */
export function runTool(packageName, program, args, options) {
  const home = new URL(`../node_modules/${packageName}/`, import.meta.url);
  const { bin } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8'));
  const file = fileURLToPath(new URL(typeof bin === 'string' ? bin : bin[program], home));
  return run([program, ...args].join(' '), process.execPath, [file, ...args], options);
}

/**
 * pnpm from the registry: needs no installed pnpm and no corepack. The package is named by its option, since an outer
 * `npx --package=…` would hand its own down.
 */
export function runPnpm(args, options) {
  return run(`pnpm ${args.join(' ')}`, 'npx', ['--yes', '--package=pnpm@12', '--', 'pnpm', ...args], {
    // .npmrc silences npm, for the sake of `npm start`; here a failed download must be seen.
    env: { ...process.env, npm_config_loglevel: 'error' },
    shell: process.platform === 'win32',
    ...options,
  });
}
