/**
 * The plain view: lines for people in, lines for people out.
 *
 * @module
 */

import type { Readable, Writable } from 'node:stream';
import type { AskSecret } from '../../profile-key.ts';
import { LineView } from './line-view.ts';
import { toPlainLines } from './plain-event.ts';

/** @param askHidden on a terminal, which would show what is typed */
export function plainView(input: Readable, output: Writable, askHidden?: AskSecret): LineView {
  const ask = (question: string) => output.write(`${question.trim()}\n`);
  return new LineView({ input, output, format: toPlainLines, ask, askHidden });
}
