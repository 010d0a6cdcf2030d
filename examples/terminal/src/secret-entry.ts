/**
 * A secret that is being typed.
 *
 * @module
 */

import type { Input } from './keyboard.ts';

/** What a key did: the secret is not finished, or it is, or the user gave up. */
export type SecretStep = { readonly done: false } | { readonly done: true; readonly secret: string | undefined };

const MORE: SecretStep = { done: false };

export class SecretEntry {
  #typed: string[] = [];

  take(input: Input): SecretStep {
    if (input.kind !== 'key') {
      this.#typed = [...this.#typed, ...input.text];
      return MORE;
    }
    if (input.name === 'return' || input.name === 'enter') {
      return { done: true, secret: this.#typed.join('') };
    }
    if (input.name === 'escape' || (input.ctrl && (input.name === 'c' || input.name === 'd'))) {
      return { done: true, secret: undefined };
    }
    if (input.name === 'backspace') {
      this.#typed.pop();
    } else if (input.ctrl && input.name === 'u') {
      this.#typed = [];
    }
    return MORE;
  }
}
