/**
 * The terminal as a whole: its second screen is used, and given back on every way out.
 *
 * @module
 */

import process from 'node:process';
import { type Graphics, undrawn } from './graphics.ts';

const ESC = '\u001b';
/** The second screen, nothing wrapped, pasted text marked as such. */
const ENTER = `${ESC}[?1049h${ESC}[?7l${ESC}[?2004h${ESC}[2J${ESC}[H`;
/** What is on the second screen is erased: some terminals show it again to the next program. */
const LEAVE = `${ESC}[0m${ESC}[2J${ESC}[?2004l${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is used of a terminal's output. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
  /** Bits of colour, as `tty.WriteStream` has them. */
  getColorDepth(): number;
}

export class Terminal {
  /** How it draws pictures, if it does. */
  readonly graphics: Graphics | undefined;
  readonly #output: TerminalOutput;
  readonly #leave: () => void = () => this.leave();
  #entered = false;

  constructor(output: TerminalOutput, graphics?: Graphics) {
    this.#output = output;
    this.graphics = graphics;
  }

  get size(): Size {
    return { columns: this.#output.columns || DEFAULT_COLUMNS, rows: this.#output.rows || DEFAULT_ROWS };
  }

  get colourDepth(): number {
    return this.#output.getColorDepth();
  }

  /** Until {@link leave}, or the end of the process however it comes, but for `kill -9`. */
  enter(): void {
    this.#entered = true;
    process.on('exit', this.#leave);
    this.write(ENTER);
  }

  /** Again, after the process was stopped and something else had the terminal. */
  resume(): void {
    this.write(ENTER);
  }

  leave(): void {
    if (this.#entered) {
      this.#entered = false;
      process.off('exit', this.#leave);
      this.#output.write(this.graphics === undefined ? LEAVE : `${undrawn(this.graphics)}${LEAVE}`);
    }
  }

  /** Written only while the second screen is there. */
  write(bytes: string): void {
    if (this.#entered) {
      this.#output.write(bytes);
    }
  }

  /** @returns what ends it */
  onResize(resized: () => void): () => void {
    this.#output.on('resize', resized);
    return () => this.#output.off('resize', resized);
  }
}
