import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../src/photos/photos.ts';
import { pictureRows } from '../../src/views/full-screen/half-blocks.ts';
import { Painter } from '../../src/views/full-screen/painter.ts';
import { rowWidth } from '../../src/views/full-screen/row.ts';

/** Of four pixels: red, green, blue, and one that lets the ground through. */
const FOUR: Pixels = {
  width: 2,
  height: 2,
  rgba: new Uint8Array([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 0]),
};

describe('pictures', () => {
  it('have two pixels in each character', () => {
    const [row] = pictureRows(FOUR, 2, 1, 24);
    expect(row?.spans).toEqual([
      { text: '▀', style: { colour: [255, 0, 0], background: [0, 0, 255] } },
      { text: '▀', style: { colour: [0, 255, 0], background: [0, 0, 0] } },
    ]);
  });

  it('fit, whatever their size and that of the window', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(1, 4, 8, 24), (width, height, columns, rows, depth) => {
        const pixels = { width, height, rgba: new Uint8Array(width * height * 4).fill(255) };
        const drawn = pictureRows(pixels, columns, rows, depth);
        expect(drawn.length).toBeGreaterThan(0);
        expect(drawn.length).toBeLessThanOrEqual(rows);
        expect(drawn.every((row) => rowWidth(row) <= columns)).toBe(true);
        // All of it is white.
        const cell = depth < 8 ? { text: '█' } : { style: { colour: [255, 255, 255], background: [255, 255, 255] } };
        expect(drawn[0]?.spans[0]).toMatchObject(cell);
      }),
    );
  });

  it.each([
    [24, '38;2;250;130;0;48;2;0;0;0'],
    [8, '38;5;208;48;5;16'],
  ])('are painted with as many colours as there are: %i bits', (depth, codes) => {
    let written = '';
    const painter = new Painter((bytes) => {
      written += bytes;
    }, depth);
    painter.paint({ rows: [{ spans: [{ text: '▀', style: { colour: [250, 130, 0], background: [0, 0, 0] } }] }] });
    expect(written).toContain(`\u001b[${codes}m▀`);
  });
});
