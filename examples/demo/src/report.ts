/**
 * What the demonstration says: lines with the time since the beginning, and checks that count.
 *
 * @module
 */

import process from 'node:process';

const BYTES_PER_LINE = 16;
const LINES = 3;

export class Report {
  readonly #beginMs = performance.now();
  readonly #checks: { readonly holds: boolean; readonly what: string }[] = [];

  chapter(title: string): void {
    this.#line(`\n── ${title}`);
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#beginMs) / 1000).toFixed(2).padStart(6);
    for (const [i, line] of text.split('\n').entries()) {
      this.#line(`${i === 0 ? `${seconds} s` : '        '}  ${line}`);
    }
  }

  /** States what was looked at, and whether it holds. */
  check(holds: boolean, what: string): void {
    this.#checks.push({ holds, what });
    this.say(`${holds ? '✔' : '✘ FAILED:'} ${what}`);
  }

  /** The first bytes of something, as a hexdump. */
  dump(bytes: Uint8Array): void {
    for (let offset = 0; offset < LINES * BYTES_PER_LINE; offset += BYTES_PER_LINE) {
      const line = [...bytes.subarray(offset, offset + BYTES_PER_LINE)];
      const hex = line.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      const text = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
      this.#line(`            ${offset.toString(16).padStart(4, '0')}  ${hex}  ${text}`);
    }
    this.#line(`            …     ${bytes.length} bytes in all`);
  }

  /** True if everything that was checked holds. */
  end(): boolean {
    const failed = this.#checks.filter(({ holds }) => !holds);
    this.chapter(failed.length === 0 ? `all ${this.#checks.length} checks hold` : `${failed.length} checks FAILED`);
    return failed.length === 0;
  }

  #line(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
