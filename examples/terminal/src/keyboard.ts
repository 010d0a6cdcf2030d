/**
 * The keyboard of a terminal: keys one by one, pasted text whole.
 *
 * Bytes are taken apart by Node's own reader of key sequences.
 *
 * @module
 */

import { emitKeypressEvents, type Interface, type Key as NodeKey } from 'node:readline';
import type { Readable } from 'node:stream';

/** An escape that nothing follows for so long is the key of that name. */
const ESCAPE_MS = 50;

/** What was typed or pasted. */
export type Input =
  /** A key that stands for a character, or several typed at once. */
  | { readonly kind: 'text'; readonly text: string }
  /** Line breaks are `\n`. */
  | { readonly kind: 'paste'; readonly text: string }
  /** Any other key, as Node calls it: `return`, `backspace`, `left`, `pageup`, … */
  | { readonly kind: 'key'; readonly name: string; readonly ctrl: boolean; readonly meta: boolean };

/** A terminal's input; `setRawMode` is there if it is one. */
export interface KeyboardInput extends Readable {
  setRawMode?(raw: boolean): unknown;
}

/** Control characters that are keys of their own. */
const NAMED_KEYS: ReadonlySet<string> = new Set(['return', 'enter', 'tab', 'backspace', 'escape']);

export class Keyboard {
  readonly #input: KeyboardInput;
  readonly #waiting: Input[] = [];
  #listener: ((input: Input) => void) | undefined;
  #pasted: string | undefined;
  readonly #onKeypress: (text: string | undefined, key: NodeKey) => void;
  /** Resolves when nothing more can come: the terminal is gone. */
  readonly ended: Promise<void>;

  /** From now on nothing that is typed is shown by the terminal itself. */
  constructor(input: KeyboardInput) {
    this.#input = input;
    this.#onKeypress = (text, key) => this.#onKey(text, key);
    // The only part of an interface that is used.
    emitKeypressEvents(input, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
    input.on('keypress', this.#onKeypress);
    this.ended = new Promise((resolve) => {
      input
        .once('end', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
    input.setRawMode?.(true);
    input.resume();
  }

  /** Who gets the keys; what was typed while nobody listened comes first. `undefined`: nobody. */
  listen(listener: ((input: Input) => void) | undefined): void {
    this.#listener = listener;
    this.#hand();
  }

  /** Raw mode again, after something else took the terminal. */
  resume(): void {
    this.#input.setRawMode?.(true);
    this.#input.resume();
  }

  close(): void {
    this.#listener = undefined;
    this.#input.off('keypress', this.#onKeypress);
    this.#input.setRawMode?.(false);
    this.#input.pause();
  }

  #onKey(text: string | undefined, key: NodeKey): void {
    if (key.name === 'paste-start') {
      this.#pasted = '';
    } else if (key.name === 'paste-end') {
      const pasted = this.#pasted ?? '';
      this.#pasted = undefined;
      this.#take({ kind: 'paste', text: pasted.replace(/\r\n?/g, '\n') });
    } else if (this.#pasted !== undefined) {
      this.#pasted += key.sequence ?? '';
    } else {
      this.#take(toInput(text, key));
    }
  }

  #take(input: Input | undefined): void {
    if (input !== undefined) {
      this.#waiting.push(input);
      this.#hand();
    }
  }

  /** One at a time: a listener may hand over to another one. */
  #hand(): void {
    while (this.#listener !== undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        return;
      }
      this.#listener(next);
    }
  }
}

function toInput(text: string | undefined, { name, ctrl = false, meta = false }: NodeKey): Input | undefined {
  const isCharacter = text !== undefined && !ctrl && !meta && !NAMED_KEYS.has(name ?? '') && !/\p{Cc}/u.test(text);
  if (isCharacter) {
    return { kind: 'text', text };
  }
  return name === undefined || name === 'undefined' ? undefined : { kind: 'key', name, ctrl, meta };
}
