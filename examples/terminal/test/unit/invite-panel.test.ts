import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { invitePanel } from '../../src/views/full-screen/panels/invite-panel.ts';
import { type Row, rowWidth } from '../../src/views/full-screen/row.ts';
import { LINK } from '../support/fake-device.ts';

const COMMAND = `npm start -- ${LINK}`;
const { data } = encode(LINK, { ecc: 'L', border: 1 });
const invite = { n: 1, link: LINK, reusable: true, expiresAt: 0, loopback: false };

function panel(columns: number, colourDepth: number): Row[] {
  return invitePanel({ type: 'invite', invite, command: COMMAND }, data, columns, colourDepth);
}

/** The dark modules of rows that are drawn in half blocks. */
function modules(rows: readonly Row[], isDrawnDark: boolean): boolean[][] {
  return rows
    .flatMap(({ spans }) => {
      const characters = [...spans.map(({ text }) => text).join('')];
      const half = (drawn: string) => characters.map((character) => drawn.includes(character) === isDrawnDark);
      return [half('█▀'), half('█▄')];
    })
    .slice(0, data.length);
}

describe('the QR code of an invite', () => {
  it.each([
    ['black on white where there are colours', 8, true],
    ['the light part alone where there are none', 1, false],
  ])('is %s', (_, colourDepth, isDrawnDark) => {
    const code = panel(80, colourDepth).slice(-Math.ceil(data.length / 2));
    expect(modules(code, isDrawnDark)).toEqual(data);
    expect(code.every(({ spans }) => (spans[0]?.style?.background === 231) === isDrawnDark)).toBe(true);
  });

  it('is left out of a window that is too narrow, which is said', () => {
    const rows = panel(40, 8);
    const text = rows.map(({ spans }) => spans.map((span) => span.text).join('')).join(' ');
    expect(text).toMatch(/make the\s+window wider/);
    expect(rows.every((row) => rowWidth(row) <= 40)).toBe(true);
  });

  it('stands below the command, which is one line however many rows it takes', () => {
    for (const columns of [20, 40, 80, 200]) {
      let line = '';
      const lines: string[] = [];
      for (const { spans, flowsOn } of panel(columns, 8)) {
        line += spans.map(({ text }) => text).join('');
        if (flowsOn !== true) {
          lines.push(line);
          line = '';
        }
      }
      expect(lines).toContain(COMMAND);
      expect(lines).toContain(LINK);
    }
  });
});
