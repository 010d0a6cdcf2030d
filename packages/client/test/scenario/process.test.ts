/** How long the process of an embedding program lives. */

import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';

/** Nobody listens there. */
const NO_RELAY = 'ws://127.0.0.1:9';

test('an open device keeps its process alive until it is closed, and no longer', { timeout: 60_000 }, async () => {
  const program = await buildProgram(new URL('../support/unreachable-relay-program.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, NO_RELAY]);
  expect(stdout.split('\n')).toEqual(['RELAY_UNREACHABLE', 'closed', '']);
});
