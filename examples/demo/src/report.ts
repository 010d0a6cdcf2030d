/**
 * What the demonstration says: lines with the time since the beginning, checks that count, and in the end each promise with
 * what was checked of it.
 *
 * @module
 */

import process from 'node:process';
import { PROMISES, type PromiseId } from './promises.ts';

const BYTES_PER_LINE = 16;
const LINES = 3;

interface Check {
  readonly holds: boolean;
  readonly what: string;
  readonly of: readonly PromiseId[];
}

export class Report {
  readonly #beginMs = performance.now();
  readonly #checks: Check[] = [];

  chapter(title: string): void {
    this.#line(`\n── ${title}`);
  }

  say(text: string): void {
    const seconds = ((performance.now() - this.#beginMs) / 1000).toFixed(2).padStart(6);
    for (const [i, line] of text.split('\n').entries()) {
      this.#line(`${i === 0 ? `${seconds} s` : '        '}  ${line}`);
    }
  }

  /** States what was looked at, whether it holds, and which promises that is a part of. */
  check(holds: boolean, what: string, ...of: readonly PromiseId[]): void {
    this.#checks.push({ holds, what, of });
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

  /** Every promise, with what was checked of it in this run. True if all of that holds. */
  end(): boolean {
    this.chapter('The promises, and what was checked of each in this run');
    for (const [id, { says, elsewhere }] of Object.entries(PROMISES)) {
      const checks = this.#checks.filter(({ of }) => of.includes(id as PromiseId));
      const failed = checks.filter(({ holds }) => !holds);
      const mark = checks.length === 0 ? '–' : failed.length === 0 ? '✔' : '✘ FAILED:';
      const seen = (failed.length === 0 ? checks : failed).map(({ what }) => what);
      const rest = elsewhere === undefined ? [] : [`(not shown here: ${elsewhere})`];
      const facts = seen.length === 0 ? ['not shown here'] : seen;
      this.#line(`${mark} ${id.padEnd(3)} ${says} · ${[facts.join('; '), ...rest].join(' ')}`);
    }
    const failed = this.#checks.filter(({ holds }) => !holds);
    this.chapter(failed.length === 0 ? `all ${this.#checks.length} checks hold` : `${failed.length} checks FAILED`);
    return failed.length === 0;
  }

  #line(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
