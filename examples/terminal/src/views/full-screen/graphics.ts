/**
 * Pictures that the terminal itself draws, over the half blocks that stand in their place.
 *
 * Who does not know a protocol drops its sequences, and the half blocks are still to be seen. Where they could come out as
 * text, nothing is sent ({@link graphicsOf}).
 *
 * Specs: https://sw.kovidgoyal.net/kitty/graphics-protocol/, https://iterm2.com/documentation-images.html
 *
 * @module
 */

import { image } from 'ansi-escapes';

/** How a terminal draws pictures. */
export type Graphics = 'kitty' | 'iterm2';

/** A picture that is to be drawn over rows, from the beginning of the first of them on. */
export interface Drawing {
  readonly png: Uint8Array;
  /** What it is stretched to. */
  readonly columns: number;
  readonly rows: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Instead of what is found out: `kitty`, `iterm2`, or anything else for none. */
const WISH = 'SECRET_CHAT_GRAPHICS';
/** A program between this one and the terminal, which would drop pictures or leave them on the screen. */
const BETWEEN: readonly string[] = ['TMUX', 'STY', 'ZELLIJ'];
/** Not the console of Linux, for one, which would show what it does not know. */
const KNOWN_TERM = /^(xterm|mintty|rio|wezterm)/;
const KITTY_TERMS: readonly string[] = ['xterm-kitty', 'xterm-ghostty'];
/** The first Konsole with pictures (22.04), as it numbers itself. */
const KONSOLE = 220_400;
/** They know iTerm2's protocol, some of them kitty's too, but less well. */
const ITERM_PROGRAMS: readonly string[] = ['iTerm.app', 'WezTerm', 'WarpTerminal', 'mintty', 'rio', 'vscode'];

const ESC = '\u001b';
/** Of base64 in one sequence. */
const CHUNK = 4096;
/** No answers: they would come in as keys. */
const QUIET = 'q=2';
/** There is one picture at a time. */
const ID = 'i=1';
/** The picture, and what the terminal keeps of it. */
const KITTY_DELETE = `${ESC}_Ga=d,d=I,${ID},${QUIET}${ESC}\\`;

/** By the environment; `undefined` where half blocks are all there is. */
export function graphicsOf(env: Environment): Graphics | undefined {
  const { TERM = '', TERM_PROGRAM = '', KONSOLE_VERSION = '', LC_TERMINAL } = env;
  const wish = env[WISH];
  if (wish !== undefined) {
    return wish === 'kitty' || wish === 'iterm2' ? wish : undefined;
  }
  if (BETWEEN.some((name) => env[name] !== undefined) || !KNOWN_TERM.test(TERM)) {
    return undefined;
  }
  if (KITTY_TERMS.includes(TERM) || TERM_PROGRAM === 'ghostty') {
    return 'kitty';
  }
  if (TERM_PROGRAM !== '') {
    return ITERM_PROGRAMS.includes(TERM_PROGRAM) ? 'iterm2' : undefined;
  }
  if (Number(KONSOLE_VERSION) >= KONSOLE) {
    return 'kitty';
  }
  // Goes along with ssh.
  return LC_TERMINAL === 'iTerm2' ? 'iterm2' : undefined;
}

/** Draws it where the cursor is. */
export function drawn(graphics: Graphics, { png, columns, rows }: Drawing): string {
  if (graphics === 'iterm2') {
    return image(png, { width: columns, height: rows, preserveAspectRatio: false });
  }
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64');
  // a=T: to be shown at once; f=100: PNG; C=1: the cursor stays.
  const first = `a=T,f=100,C=1,${ID},c=${columns},r=${rows},`;
  const count = Math.ceil(base64.length / CHUNK);
  return Array.from({ length: count }, (_, i) => {
    const more = i < count - 1 ? 1 : 0;
    return `${ESC}_G${i === 0 ? first : ''}${QUIET},m=${more};${base64.slice(i * CHUNK, (i + 1) * CHUNK)}${ESC}\\`;
  }).join('');
}

/** Takes it away, but for what erasing the screen takes away. */
export function undrawn(graphics: Graphics): string {
  return graphics === 'kitty' ? KITTY_DELETE : '';
}
