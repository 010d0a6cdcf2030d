/**
 * A terminal without a window: what a person would see on it, and keys that are pressed on it.
 *
 * @module
 */

import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import xterm from '@xterm/headless';

/** More than any change takes from the event to the screen. */
const TURNS = 20;

/** Standard input of a terminal. */
export class VirtualInput extends PassThrough {
  readonly isTTY = true;
  isRaw = false;

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }
}

/** Standard output of a terminal. */
class VirtualOutput extends EventEmitter {
  readonly isTTY = true;
  readonly emulator: InstanceType<typeof xterm.Terminal>;
  readonly #colourDepth: number;
  /** Everything that was written. */
  written = '';

  constructor(columns: number, rows: number, colourDepth: number) {
    super();
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 100 });
    this.#colourDepth = colourDepth;
  }

  get columns(): number {
    return this.emulator.cols;
  }

  get rows(): number {
    return this.emulator.rows;
  }

  getColorDepth(): number {
    return this.#colourDepth;
  }

  write(text: string): boolean {
    this.written += text;
    this.emulator.write(text);
    return true;
  }
}

export interface VirtualTerminal {
  readonly input: VirtualInput;
  readonly output: VirtualOutput;
  /** Presses keys, as the bytes that a terminal makes of them. */
  type(bytes: string): void;
  resize(columns: number, rows: number): void;
  /** The rows that a person sees now, without spaces at their ends. */
  screen(): Promise<string[]>;
  /** The same as one text. */
  text(): Promise<string>;
  /** What somebody copies with the mouse: rows that flow on are one line. */
  copied(): Promise<string[]>;
  /** Column and row, counted from 0. */
  cursor(): Promise<readonly [number, number]>;
  /** Whether the second screen is on. */
  isFullScreen(): boolean;
}

export function virtualTerminal(columns = 80, rows = 24, colourDepth = 8): VirtualTerminal {
  const input = new VirtualInput();
  const output = new VirtualOutput(columns, rows, colourDepth);
  const { emulator } = output;
  const settle = async () => {
    for (let i = 0; i < TURNS; i++) {
      await turn();
    }
    await new Promise<void>((resolve) => emulator.write('', resolve));
  };
  const seen = async () => {
    await settle();
    const { active } = emulator.buffer;
    return Array.from({ length: emulator.rows }, (_, row) => active.getLine(active.viewportY + row));
  };
  const screen = async () => (await seen()).map((line) => line?.translateToString(true).trimEnd() ?? '');
  return {
    input,
    output,
    type: (bytes) => input.write(bytes),
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      output.emit('resize');
    },
    screen,
    text: async () => (await screen()).join('\n'),
    copied: async () => {
      const lines: string[] = [];
      for (const line of await seen()) {
        const text = line?.translateToString(true) ?? '';
        if (line?.isWrapped === true) {
          lines.push(`${lines.pop() ?? ''}${text}`);
        } else {
          lines.push(text);
        }
      }
      return lines;
    },
    cursor: async () => {
      await settle();
      return [emulator.buffer.active.cursorX, emulator.buffer.active.cursorY];
    },
    isFullScreen: () => emulator.buffer.active.type === 'alternate',
  };
}

/** Keys, as terminals send them. */
export const KEY = {
  enter: '\r',
  altEnter: '\u001b\r',
  escape: '\u001b',
  tab: '\t',
  backspace: '\u007f',
  delete: '\u001b[3~',
  up: '\u001b[A',
  down: '\u001b[B',
  left: '\u001b[D',
  right: '\u001b[C',
  home: '\u001b[H',
  end: '\u001b[F',
  pageUp: '\u001b[5~',
  pageDown: '\u001b[6~',
  ctrlLeft: '\u001b[1;5D',
  ctrlA: '\u0001',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
  ctrlE: '\u0005',
  ctrlK: '\u000b',
  ctrlL: '\u000c',
  ctrlU: '\u0015',
  ctrlW: '\u0017',
} as const;

/** What a terminal sends for pasted text. */
export function pasted(text: string): string {
  return `\u001b[200~${text.replaceAll('\n', '\r')}\u001b[201~`;
}
