import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Painter } from '../../src/views/full-screen/painter.ts';
import { clip, fill, type Row, rowWidth, textRow } from '../../src/views/full-screen/row.ts';
import { wrap } from '../../src/views/full-screen/wrap.ts';
import { virtualTerminal } from '../support/virtual-terminal.ts';

const COLUMNS = 30;
const ROWS = 6;

/** All that the painter itself ever sends: cursor to a place, erase, colours, and four modes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are control sequences.
const OWN = /\u001b\[(\d+;\d+H|2[JK]|[0-9;]*m|\?(25|7)[hl])/g;

const text = fc.string({ unit: 'binary', maxLength: 40 });
const style = fc.record(
  {
    bold: fc.boolean(),
    dim: fc.boolean(),
    inverse: fc.boolean(),
    colour: fc.integer({ min: 0, max: 255 }),
    background: fc.integer({ min: 0, max: 255 }),
  },
  { requiredKeys: [] },
);
const row: fc.Arbitrary<Row> = fc.record({ spans: fc.array(fc.record({ text, style }), { maxLength: 4 }) });
const frame = fc.array(row, { minLength: ROWS, maxLength: ROWS });

describe('whatever the rows hold', () => {
  it('only the painter’s own sequences go out', () => {
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 4, 8, 24), (frames, depth) => {
        let written = '';
        const painter = new Painter((bytes) => {
          written += bytes;
        }, depth);
        for (const rows of frames) {
          painter.paint({ rows, cursor: { row: 0, column: 0 } });
        }
        return !/\p{Cc}/u.test(written.replace(OWN, ''));
      }),
    );
  });

  it('no row reaches another one', async () => {
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: 1, max: ROWS - 2 }), async (hostile, place) => {
        const terminal = virtualTerminal(COLUMNS, ROWS);
        terminal.output.write('\u001b[?7l');
        const painter = new Painter((bytes) => terminal.output.write(bytes), 8);
        const rows = Array.from({ length: ROWS }, (_, i) => (i === place ? hostile : textRow(`row ${i}`)));
        painter.paint({ rows });
        const screen = await terminal.screen();
        return screen.every((line, i) => i === place || line === `row ${i}`);
      }),
      { numRuns: 50 },
    );
  });

  it('frames that follow each other look as if each was painted alone', async () => {
    const plain = fc.array(
      fc.string({ maxLength: COLUMNS }).map((line) => textRow(line)),
      { minLength: ROWS, maxLength: ROWS },
    );
    await fc.assert(
      fc.asyncProperty(plain, plain, async (first, second) => {
        const one = virtualTerminal(COLUMNS, ROWS);
        const other = virtualTerminal(COLUMNS, ROWS);
        const painter = new Painter((bytes) => one.output.write(bytes), 8);
        painter.paint({ rows: first });
        painter.paint({ rows: second });
        new Painter((bytes) => other.output.write(bytes), 8).paint({ rows: second });
        expect(await one.screen()).toEqual(await other.screen());
      }),
      { numRuns: 50 },
    );
  });
});

it('rows that flow on are copied as one line, and may change', async () => {
  const terminal = virtualTerminal(10, 4);
  terminal.output.write('\u001b[?7l');
  const painter = new Painter((bytes) => terminal.output.write(bytes), 8);
  const flowing = (tail: string): Row[] => [
    textRow('above'),
    { ...textRow('0123456789'), flowsOn: true },
    textRow(tail),
    textRow('below'),
  ];
  painter.paint({ rows: flowing('abc') });
  expect(await terminal.copied()).toEqual(['above', '0123456789abc', 'below']);
  painter.paint({ rows: flowing('x') });
  expect(await terminal.copied()).toEqual(['above', '0123456789x', 'below']);
  painter.paint({ rows: ['above', 'broken', 'y', 'below'].map((line) => textRow(line)) });
  expect(await terminal.copied()).toEqual(['above', 'broken', 'y', 'below']);
});

describe('rows', () => {
  const graphemes = fc.string({ unit: 'grapheme', maxLength: 60 });

  it('are clipped and filled to a width', () => {
    fc.assert(
      fc.property(graphemes, fc.integer({ min: 1, max: 50 }), (line, columns) => {
        const clipped = clip(textRow(line), columns);
        expect(rowWidth(clipped)).toBeLessThanOrEqual(columns);
        expect(rowWidth(fill(clipped, columns))).toBe(columns);
      }),
    );
  });

  it('hold everything of a text that is wrapped, but for spaces', () => {
    fc.assert(
      fc.property(graphemes, fc.integer({ min: 10, max: 50 }), (line, columns) => {
        const rows = wrap(line, columns);
        expect(rows.join('').replace(/\s/g, '')).toBe(line.normalize().replace(/\s/g, ''));
        for (const wrapped of rows) {
          expect(rowWidth(textRow(wrapped))).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});
