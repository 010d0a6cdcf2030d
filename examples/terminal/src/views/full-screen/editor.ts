/**
 * The text that is being typed, and the cursor in it. Steps are pure, and go by what people take for a character.
 *
 * @module
 */

export interface Editor {
  readonly text: string;
  /** Index into `text`, between two characters. */
  readonly cursor: number;
}

export const EMPTY: Editor = { text: '', cursor: 0 };

/** The text with the cursor at its end. */
export function editorOf(text: string): Editor {
  return { text, cursor: text.length };
}

export function insert({ text, cursor }: Editor, typed: string): Editor {
  return { text: text.slice(0, cursor) + typed + text.slice(cursor), cursor: cursor + typed.length };
}

export function backspace(editor: Editor): Editor {
  return cut(editor, before(editor), editor.cursor);
}

export function deleteForward(editor: Editor): Editor {
  return cut(editor, editor.cursor, after(editor));
}

export function deleteWord(editor: Editor): Editor {
  return cut(editor, wordBefore(editor), editor.cursor);
}

export function deleteToStart(editor: Editor): Editor {
  return cut(editor, lineStart(editor), editor.cursor);
}

export function deleteToEnd(editor: Editor): Editor {
  return cut(editor, editor.cursor, lineEnd(editor));
}

export function left(editor: Editor): Editor {
  return { ...editor, cursor: before(editor) };
}

export function right(editor: Editor): Editor {
  return { ...editor, cursor: after(editor) };
}

export function wordLeft(editor: Editor): Editor {
  return { ...editor, cursor: wordBefore(editor) };
}

export function wordRight(editor: Editor): Editor {
  const rest = editor.text.slice(editor.cursor);
  return { ...editor, cursor: editor.cursor + (/^\s*\S*/.exec(rest)?.[0].length ?? 0) };
}

export function home(editor: Editor): Editor {
  return { ...editor, cursor: lineStart(editor) };
}

export function end(editor: Editor): Editor {
  return { ...editor, cursor: lineEnd(editor) };
}

function cut({ text }: Editor, from: number, to: number): Editor {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

function before({ text, cursor }: Editor): number {
  return cursor === 0 ? 0 : (new Intl.Segmenter().segment(text).containing(cursor - 1)?.index ?? 0);
}

function after({ text, cursor }: Editor): number {
  const at = new Intl.Segmenter().segment(text).containing(cursor);
  return at === undefined ? cursor : at.index + at.segment.length;
}

function wordBefore({ text, cursor }: Editor): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, '').length;
}

function lineStart({ text, cursor }: Editor): number {
  return text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd({ text, cursor }: Editor): number {
  const index = text.indexOf('\n', cursor);
  return index < 0 ? text.length : index;
}
