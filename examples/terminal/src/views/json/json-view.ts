/**
 * The JSON view: lines for people in, one JSON object a line out.
 *
 * @module
 */

import type { Readable, Writable } from 'node:stream';
import { harmlessJson } from '../../harmless.ts';
import { LineView } from '../plain/line-view.ts';
import { type JsonEvent, toJsonEvents } from './json-event.ts';

export function jsonView(input: Readable, output: Writable): LineView {
  const line = (event: JsonEvent) => harmlessJson(event);
  return new LineView({
    input,
    output,
    format: (event) => toJsonEvents(event).map(line),
    ask: (question) => output.write(`${line({ event: 'ask', question: question.trim() })}\n`),
  });
}
