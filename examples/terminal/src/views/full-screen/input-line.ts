/**
 * The input line: what is being typed, what was typed before, and what a key means for it.
 *
 * @module
 */

import type { Input } from '../../keyboard.ts';
import { type Editor, EMPTY, editorOf } from './editor.ts';
import { InputHistory } from './input-history.ts';
import { completed, edited } from './line-editing.ts';

/** What the user wants beside editing. */
export type Wish =
  | { readonly kind: 'submit'; readonly line: string }
  | { readonly kind: 'scroll'; readonly pages: number }
  /** The names that a command which was begun may have. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'close' | 'repaint' | 'leave' };

type Key = Extract<Input, { readonly kind: 'key' }>;

export class InputLine {
  readonly #history: InputHistory = new InputHistory();
  readonly #drafted: (text: string) => void;
  #editor: Editor = EMPTY;

  /** @param drafted told of every change of the text */
  constructor(drafted: (text: string) => void) {
    this.#drafted = drafted;
  }

  get editor(): Editor {
    return this.#editor;
  }

  take(input: Input): Wish | undefined {
    if (input.kind === 'key') {
      const wish = this.#wishOf(input);
      if (wish !== undefined) {
        return wish;
      }
      if (input.name === 'tab') {
        return this.#complete();
      }
      if (input.name === 'up' || input.name === 'down') {
        const line = input.name === 'up' ? this.#history.older(this.#editor.text) : this.#history.newer();
        this.#set(line === undefined ? this.#editor : editorOf(line));
        return undefined;
      }
    }
    this.#set(edited(this.#editor, input) ?? this.#editor);
    return undefined;
  }

  /** Takes the line away, to be done. */
  clear(): void {
    this.#history.add(this.#editor.text);
    this.#set(EMPTY);
  }

  /** Gives back what could not be done, unless something else is being typed. */
  restore(line: string): void {
    if (this.#editor.text === '') {
      this.#set(editorOf(line));
    }
  }

  /** Messages were destroyed: what was typed must not bring them back. */
  forgetTexts(): void {
    this.#history.forgetTexts();
  }

  #wishOf({ name, ctrl, meta }: Key): Wish | undefined {
    const { text } = this.#editor;
    if (ctrl && (name === 'c' || (name === 'd' && text === ''))) {
      return { kind: 'leave' };
    }
    if (ctrl && name === 'l') {
      return { kind: 'repaint' };
    }
    if (!meta && (name === 'return' || name === 'enter')) {
      return { kind: 'submit', line: text };
    }
    if (name === 'pageup' || name === 'pagedown') {
      return { kind: 'scroll', pages: name === 'pageup' ? 1 : -1 };
    }
    return name === 'escape' ? { kind: 'close' } : undefined;
  }

  #complete(): Wish | undefined {
    const { editor, names } = completed(this.#editor);
    this.#set(editor);
    return names.length > 1 ? { kind: 'names', names } : undefined;
  }

  #set(editor: Editor): void {
    const isChanged = editor.text !== this.#editor.text;
    this.#editor = editor;
    if (isChanged) {
      this.#drafted(editor.text);
    }
  }
}
