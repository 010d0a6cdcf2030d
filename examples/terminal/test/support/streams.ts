/**
 * Pipes in the place of standard input and output.
 *
 * @module
 */

import { PassThrough } from 'node:stream';

export interface Pipes {
  readonly input: PassThrough;
  readonly output: PassThrough;
  /** Everything that was written so far. */
  text(): string;
  lines(): string[];
}

export function pipes(): Pipes {
  const input = new PassThrough();
  const output = new PassThrough();
  let written = '';
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    written += chunk;
  });
  const text = () => written;
  return { input, output, text, lines: () => written.split('\n').slice(0, -1) };
}
