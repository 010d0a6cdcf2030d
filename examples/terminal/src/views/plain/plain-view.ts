/**
 * The plain view: lines for people in, lines for people out.
 *
 * @module
 */

import type { Readable, Writable } from 'node:stream';
import { LineView } from './line-view.ts';
import { toPlainLines } from './plain-event.ts';

export function plainView(input: Readable, output: Writable): LineView {
  return new LineView({ input, output, format: toPlainLines, ask: (question) => output.write(`${question.trim()}\n`) });
}
