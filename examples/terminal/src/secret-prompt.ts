/**
 * Asks for a secret on a terminal: nothing that is typed is shown, not even its length.
 *
 * @module
 */

import type { Writable } from 'node:stream';
import type { Keyboard } from './keyboard.ts';
import { SecretEntry } from './secret-entry.ts';

/** The answer; `undefined` if the user gave up. */
export function askSecret(keyboard: Keyboard, output: Writable, question: string): Promise<string | undefined> {
  output.write(question);
  const entry = new SecretEntry();
  return new Promise((resolve) => {
    keyboard.listen((input) => {
      const step = entry.take(input);
      if (step.done) {
        keyboard.listen(undefined);
        output.write('\r\n');
        resolve(step.secret);
      }
    });
  });
}
