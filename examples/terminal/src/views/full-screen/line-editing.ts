/**
 * Which key does what to the text that is being typed.
 *
 * @module
 */

import { completions } from '../../commands/table.ts';
import type { Input } from '../../keyboard.ts';
import {
  backspace,
  deleteForward,
  deleteToEnd,
  deleteToStart,
  deleteWord,
  type Editor,
  editorOf,
  end,
  home,
  insert,
  left,
  right,
  wordLeft,
  wordRight,
} from './editor.ts';

type Step = (editor: Editor) => Editor;
type Key = Extract<Input, { readonly kind: 'key' }>;

const PLAIN: { readonly [name: string]: Step } = { backspace, delete: deleteForward, left, right, home, end };

/** As in shells. */
const WITH_CTRL: { readonly [name: string]: Step } = {
  a: home,
  b: left,
  d: deleteForward,
  e: end,
  f: right,
  h: backspace,
  k: deleteToEnd,
  left: wordLeft,
  right: wordRight,
  u: deleteToStart,
  w: deleteWord,
};

const WITH_ALT: { readonly [name: string]: Step } = {
  b: wordLeft,
  f: wordRight,
  left: wordLeft,
  right: wordRight,
  backspace: deleteWord,
  return: (editor) => insert(editor, '\n'),
  enter: (editor) => insert(editor, '\n'),
};

/** The text after a key; `undefined` if the key does nothing to it. */
export function edited(editor: Editor, input: Input): Editor | undefined {
  if (input.kind !== 'key') {
    return insert(editor, input.text);
  }
  return stepOf(input)?.(editor);
}

/** A command's name that was begun, completed; and the names that it may become. */
export function completed(editor: Editor): { readonly editor: Editor; readonly names: readonly string[] } {
  const begun = /^\/([a-z-]*)$/.exec(editor.text.slice(0, editor.cursor))?.[1];
  const names = begun === undefined ? [] : completions(begun);
  const rest = editor.text.slice(editor.cursor);
  if (rest !== '' || names.length === 0) {
    return { editor, names: [] };
  }
  return { editor: editorOf(`/${commonStart(names)}${names.length === 1 ? ' ' : ''}`), names };
}

function stepOf({ name, ctrl, meta }: Key): Step | undefined {
  const steps = ctrl ? WITH_CTRL : meta ? WITH_ALT : PLAIN;
  return Object.hasOwn(steps, name) ? steps[name] : undefined;
}

function commonStart(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  while (!others.every((name) => name.startsWith(first.slice(0, length)))) {
    length--;
  }
  return first.slice(0, length);
}
