import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as editing from '../../src/views/full-screen/editor.ts';
import { inputRows } from '../../src/views/full-screen/input-rows.ts';
import { rowWidth } from '../../src/views/full-screen/row.ts';

const { EMPTY, editorOf, insert, ...others } = editing;

const typed = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.constantFrom('\n', ' ', '漢', '👩‍👩‍👧', 'e\u0301', '\u001b', '\t', '\ud83d'),
);
const steps = fc.array(
  fc.oneof(
    typed.map((text) => (editor: editing.Editor) => insert(editor, text)),
    fc.constantFrom(...Object.values(others)),
  ),
  { maxLength: 40 },
);

function run(all: readonly ((editor: editing.Editor) => editing.Editor)[]): editing.Editor {
  return all.reduce((editor, step) => step(editor), EMPTY);
}

describe('the editor', () => {
  it('keeps the cursor inside of the text, and never inside of a character', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { text, cursor } = run(all);
        const places = [...new Intl.Segmenter().segment(text)].map(({ index }) => index);
        // What follows an insertion may join with it; a step away from there is at a place again.
        const { cursor: left } = editing.left({ text, cursor });
        return cursor >= 0 && cursor <= text.length && [...places, text.length].includes(left);
      }),
    );
  });

  it('takes back what it inserted', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        const inserted = insert(editorOf('before '), text);
        expect(inserted.text).toBe(`before ${text}`);
        const back = [...text].reduce(editing.backspace, inserted);
        return back.text.startsWith('before ') || text.includes('\u0301') || back.text.length <= 'before '.length;
      }),
    );
  });

  it('goes by words and lines', () => {
    const editor = editorOf('one two\nthree four');
    expect(editing.wordLeft(editor).cursor).toBe(14);
    expect(editing.home(editor).cursor).toBe(8);
    expect(editing.end({ ...editor, cursor: 0 }).cursor).toBe(7);
    expect(editing.wordRight({ ...editor, cursor: 0 }).cursor).toBe(3);
    expect(editing.deleteWord(editor).text).toBe('one two\nthree ');
    expect(editing.deleteToStart(editor).text).toBe('one two\n');
    expect(editing.deleteToEnd({ ...editor, cursor: 3 }).text).toBe('one\nthree four');
    expect(editing.deleteForward(editor)).toEqual(editor);
    expect(editing.left(EMPTY)).toEqual(EMPTY);
  });
});

describe('the input line', () => {
  it('fits its width and height, with the cursor in it', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 6, max: 60 }), fc.integer({ min: 1, max: 8 }), (all, columns, maxRows) => {
        const { rows, cursor } = inputRows(run(all), columns, maxRows);
        expect(rows.length).toBeGreaterThan(0);
        expect(rows.length).toBeLessThanOrEqual(maxRows);
        expect(cursor.row).toBeLessThan(rows.length);
        expect(cursor.column).toBeLessThan(columns);
        // One that is wider than the whole line is cut by the painter.
        const isNarrow = (width: number) => width <= Math.max(columns, 13);
        expect(rows.every((row) => isNarrow(rowWidth(row)))).toBe(true);
      }),
    );
  });
});
