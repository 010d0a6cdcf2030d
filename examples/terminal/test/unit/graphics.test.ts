import { describe, expect, it } from 'vitest';
import { drawn, graphicsOf, undrawn } from '../../src/views/full-screen/graphics.ts';
import { Painter } from '../../src/views/full-screen/painter.ts';
import { type Row, textRow } from '../../src/views/full-screen/row.ts';

const png = new Uint8Array(10_000).map((_, i) => i);
const DRAWING = { png, columns: 20, rows: 3 };
const KITTY_PICTURE = '␛_Ga=T,';
const KITTY_DELETE = '␛_Ga=d,d=I,i=1,q=2␛\\';
const ITERM_PICTURE = '␛]1337;File=inline=1;';
const ERASE_SCREEN = '␛[2J';

/** With its control characters as signs. */
function visible(written: string): string {
  return written.replaceAll('\u001b', '␛').replaceAll('\u0007', '␇');
}

/** Control sequences of kitty's protocol: what they say, and their data. */
function commands(written: string): { readonly keys: string; readonly data: string }[] {
  return [...written.matchAll(/␛_G([^;␛]*);?([^␛]*)␛\\/g)].map(([, keys = '', data = '']) => ({ keys, data }));
}

describe('which pictures a terminal draws', () => {
  it.each([
    ['kitty', { TERM: 'xterm-kitty' }, 'kitty'],
    ['Ghostty', { TERM: 'xterm-ghostty', TERM_PROGRAM: 'ghostty' }, 'kitty'],
    ['Konsole', { TERM: 'xterm-256color', KONSOLE_VERSION: '230805' }, 'kitty'],
    ['iTerm2', { TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'iterm2'],
    ['iTerm2 through ssh', { TERM: 'xterm-256color', LC_TERMINAL: 'iTerm2' }, 'iterm2'],
    ['WezTerm', { TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }, 'iterm2'],
    ['Visual Studio Code', { TERM: 'xterm-256color', TERM_PROGRAM: 'vscode' }, 'iterm2'],
  ])('%s', (_, env, graphics) => {
    expect(graphicsOf(env)).toBe(graphics);
  });

  it.each([
    ['xterm', { TERM: 'xterm-256color' }],
    ['nothing that is known', {}],
    ['the console of Linux, started from elsewhere', { TERM: 'linux', TERM_PROGRAM: 'iTerm.app' }],
    ['an old Konsole', { TERM: 'xterm-256color', KONSOLE_VERSION: '210805' }],
    [
      'the Terminal of macOS, with the name of another',
      { TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal', LC_TERMINAL: 'iTerm2' },
    ],
    ['tmux', { TERM: 'tmux-256color', TERM_PROGRAM: 'tmux', TMUX: '/tmp/x', KONSOLE_VERSION: '230805' }],
    ['tmux that says it is kitty', { TERM: 'xterm-kitty', TMUX: '/tmp/x' }],
    ['tmux through ssh', { TERM: 'tmux-256color', LC_TERMINAL: 'iTerm2' }],
    ['screen', { TERM: 'screen.xterm-256color', STY: '1.x', TERM_PROGRAM: 'iTerm.app' }],
    ['Zellij', { TERM: 'xterm-kitty', ZELLIJ: '0' }],
  ])('none: %s', (_, env) => {
    expect(graphicsOf(env)).toBeUndefined();
  });

  it('what the user wants goes before', () => {
    expect(graphicsOf({ TERM: 'xterm-kitty', SECRET_CHAT_GRAPHICS: 'off' })).toBeUndefined();
    expect(graphicsOf({ TERM: 'xterm', SECRET_CHAT_GRAPHICS: 'iterm2' })).toBe('iterm2');
    expect(graphicsOf({ TERM: 'xterm', SECRET_CHAT_GRAPHICS: 'kitty' })).toBe('kitty');
  });
});

describe('a picture', () => {
  it('is whole for kitty, in parts that are not too long, without an answer', () => {
    const parts = commands(visible(drawn('kitty', DRAWING)));
    expect(parts.length).toBeGreaterThan(2);
    expect(parts[0]?.keys).toBe('a=T,f=100,C=1,i=1,c=20,r=3,q=2,m=1');
    expect(parts.slice(1).map(({ keys }) => keys)).toEqual([...parts.slice(2).map(() => 'q=2,m=1'), 'q=2,m=0']);
    expect(parts.every(({ data }) => data.length <= 4096)).toBe(true);
    expect(Buffer.from(parts.map(({ data }) => data).join(''), 'base64').equals(png)).toBe(true);
  });

  it('is whole for iTerm2, without a name', () => {
    const written = visible(drawn('iterm2', DRAWING));
    const [, about, data = ''] = /^␛\]1337;File=([^:]*):([^␇]*)␇$/.exec(written) ?? [];
    expect(about).toBe('inline=1;width=20;height=3;preserveAspectRatio=0;size=10000');
    expect(Buffer.from(data, 'base64').equals(png)).toBe(true);
  });

  it('is taken away by kitty with what kitty keeps of it', () => {
    expect(visible(undrawn('kitty'))).toBe(KITTY_DELETE);
  });
});

describe('the painter', () => {
  function painter(graphics?: 'kitty' | 'iterm2') {
    let written = '';
    const made = new Painter(
      (bytes) => {
        written += visible(bytes);
      },
      24,
      graphics,
    );
    const paint = (rows: readonly Row[]) => {
      written = '';
      made.paint({ rows });
      return written;
    };
    return { made, paint };
  }
  const rows = (title: string, drawing = DRAWING) => [
    textRow(title),
    { ...textRow('▀'.repeat(20)), drawing },
    ...Array.from({ length: 3 }, () => textRow('▀'.repeat(20))),
  ];

  it.each([
    ['kitty', KITTY_PICTURE],
    ['iterm2', ITERM_PICTURE],
  ] as const)('draws it once over its half blocks, at its place: %s', (graphics, begin) => {
    const { paint, made } = painter(graphics);
    const first = paint(rows('3 s'));
    expect(first.indexOf(`␛[2;1H${begin}`)).toBeGreaterThan(first.lastIndexOf('▀'));
    const second = paint(rows('2 s'));
    expect(second).toContain('2 s');
    expect(second).not.toContain(begin);
    expect(second).not.toContain(ERASE_SCREEN);
    made.forget();
    expect(paint(rows('2 s'))).toContain(begin);
  });

  it.each(['kitty', 'iterm2'] as const)('leaves nothing of it on the screen when it is gone: %s', (graphics) => {
    const { paint } = painter(graphics);
    paint(rows('3 s'));
    const after = paint(rows('3 s').map(({ spans }) => ({ spans })));
    expect(after).toContain(graphics === 'kitty' ? `${KITTY_DELETE}␛[0m${ERASE_SCREEN}` : ERASE_SCREEN);
    expect(after).not.toContain(graphics === 'kitty' ? KITTY_PICTURE : ITERM_PICTURE);
    expect(paint([textRow('chat')])).not.toContain(KITTY_DELETE);
  });

  it('draws another one in its place', () => {
    const { paint } = painter('kitty');
    paint(rows('3 s'));
    const other = paint(rows('3 s', { ...DRAWING, png: Buffer.from('another') }));
    expect(other.indexOf(KITTY_DELETE)).toBeLessThan(other.indexOf(KITTY_PICTURE));
    expect(other).toContain(Buffer.from('another').toString('base64'));
  });

  it('draws half blocks alone where the terminal draws no pictures, or the picture would not fit', () => {
    expect(painter().paint(rows('3 s'))).not.toMatch(/␛[_\]]/);
    expect(painter('kitty').paint(rows('3 s', { ...DRAWING, rows: 4 }))).not.toMatch(/␛_/);
    expect(painter('kitty').paint(rows('3 s'))).toMatch(/␛_/);
  });
});
