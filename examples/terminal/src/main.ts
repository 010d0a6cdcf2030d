#!/usr/bin/env node
/**
 * The terminal chat: `npm start`, `npm start -- <invite>`, `npm start -- --help`.
 *
 * @module
 */

import os from 'node:os';
import process from 'node:process';
import { isClientError } from '@secret-chat/client';
import manifest from '../package.json' with { type: 'json' };
import { readArguments } from './arguments.ts';
import { defaultDataRoot } from './data-root.ts';
import { nodeFiles } from './node-files.ts';
import { nodePlatform } from './node-platform.ts';
import { sharpPhotos } from './photos/sharp-reader.ts';
import { ProgramError, problemOf } from './problem.ts';
import { Program } from './program.ts';

/** One Ctrl-C reaches a program twice when whoever started it hands signals down: what follows so soon is the same. */
const SAME_SIGNAL_MS = 500;

/** Sockets and timers of the client keep no process alive, and the input may have ended: something must, until the end. */
const KEEP_ALIVE_MS = 3_600_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(): Promise<void> {
  const program = new Program(readArguments(process.argv.slice(2), manifest.version), {
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    env: process.env,
    dataRoot: defaultDataRoot({ platform: process.platform, env: process.env, home: os.homedir() }),
    platform: nodePlatform,
    files: nodeFiles,
    photos: sharpPhotos,
    loadRelay: () => import('@secret-chat/relay'),
  });
  leaveOnSignal(program);
  process.on('SIGCONT', () => program.resume());
  // Nobody reads any more, or the terminal is gone.
  process.stdout.on('error', () => program.leave());
  // What Node warns of would be written over the screen.
  process.removeAllListeners('warning');
  process.on('uncaughtException', (error) => fail(program, error));
  setInterval(() => {}, KEEP_ALIVE_MS);
  try {
    await program.run();
    process.exit(0);
  } catch (error) {
    fail(program, error);
  }
}

/** The first signal ends the program in good order; a second one at once. */
function leaveOnSignal(program: Program): void {
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    if (first === undefined && program.isRunning) {
      first = now;
      program.leave();
    } else if (first === undefined || now - first > SAME_SIGNAL_MS) {
      program.abandon();
      process.exit(first === undefined ? 0 : 1);
    }
  };
  for (const signal of SIGNALS) {
    process.on(signal, onSignal);
  }
}

/** Names the cause and what to do; a stack only where the cause is a defect of this program. */
function fail(program: Program, error: unknown): never {
  program.abandon();
  const isKnown = error instanceof ProgramError || isClientError(error);
  const why = isKnown || !(error instanceof Error) ? problemOf(error).message : error.stack;
  process.stderr.write(`secret-chat: ${why}\n`);
  process.exit(1);
}

await main();
